REVOKE USAGE ON SCHEMA sync FROM app_primary, app_replica, app_background, app_analytics, app_readonly;
DROP FUNCTION sync.give_lease(TEXT, TEXT);
DROP FUNCTION sync.take_lease(TEXT, TEXT, INTERVAL);
DROP TABLE sync.dead_letters;
DROP TABLE sync.leases;
DROP TABLE sync.incarnations;
DROP TABLE sync.positions;
