-- The roles stay: they belong to the cluster, and another database may be using them. What they were
-- allowed in this database is taken back here and by the other down files.
REVOKE USAGE ON SCHEMA public FROM app_primary, app_replica, app_background, app_analytics, app_readonly;
