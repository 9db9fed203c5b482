REVOKE USAGE ON SCHEMA monitoring
  FROM app_primary, app_background, app_replica, app_analytics, app_readonly, pg_monitor;
REVOKE SELECT (task_type, run_at) ON tasks.ready FROM pg_monitor;
REVOKE SELECT (task_type) ON tasks.leases, tasks.dead_letters FROM pg_monitor;
REVOKE SELECT ON tasks.backlog, sync.outbox_backlog FROM pg_monitor;
REVOKE USAGE ON SCHEMA tasks, sync FROM pg_monitor;
DROP TABLE monitoring.query_plans;
DROP TABLE monitoring.alert_changes;
DROP TABLE monitoring.alerts;
DROP TABLE monitoring.alert_thresholds;
