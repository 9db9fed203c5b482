REVOKE USAGE ON SCHEMA monitoring
  FROM app_primary, app_background, app_replica, app_analytics, app_readonly, pg_monitor;
DROP TABLE monitoring.query_plans;
DROP TABLE monitoring.alert_thresholds;
