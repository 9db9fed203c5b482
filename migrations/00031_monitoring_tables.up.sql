-- What monitoring keeps in the database: from when on a value is an alert, which alerts there are, and the plans of slow
-- statements.

CREATE TABLE monitoring.alert_thresholds (
  threshold_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  metric_name VARCHAR(100) NOT NULL,
  warning_threshold NUMERIC,
  critical_threshold NUMERIC,
  direction VARCHAR(10) NOT NULL DEFAULT 'above',
  check_interval INTERVAL NOT NULL DEFAULT '1 minute',
  hold_for INTERVAL NOT NULL DEFAULT '1 minute',
  enabled BOOLEAN NOT NULL DEFAULT TRUE,
  notification_channels TEXT[] NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  CONSTRAINT alert_thresholds_metric_name_key UNIQUE (metric_name),
  CONSTRAINT valid_metric_name CHECK (metric_name::TEXT ~ '^[a-z][a-z0-9_]*$'),
  CONSTRAINT valid_direction CHECK (direction::TEXT IN ('above', 'below')),
  CONSTRAINT valid_check_interval CHECK (check_interval > INTERVAL '0'),
  CONSTRAINT valid_hold_for CHECK (hold_for >= INTERVAL '0'),
  -- A warning that comes after the critical alert, or a value that is none, would never be seen.
  CONSTRAINT valid_thresholds CHECK (
    warning_threshold <> 'NaN' AND critical_threshold <> 'NaN'
    AND CASE direction::TEXT
      WHEN 'below' THEN warning_threshold >= critical_threshold
      ELSE warning_threshold <= critical_threshold
    END
  )
);

CREATE TRIGGER set_updated_at BEFORE UPDATE ON monitoring.alert_thresholds
  FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

-- Which alerts there are is kept here so that a restart, or another process, goes on where the last one was.
--
--   monitoring.alerts         how each metric stands. Whoever looks takes a lock of its name, so two who look at once do not
--                             both say the same.
--   monitoring.alert_changes  what is to be told: an alert fires, becomes worse or better, is over, or nothing can be
--                             measured any more. A row is told until told_at says that it was: at least once.

CREATE TABLE monitoring.alerts (
  metric_name VARCHAR(100) PRIMARY KEY,
  state VARCHAR(20) NOT NULL,
  severity VARCHAR(10),
  value NUMERIC,
  reason TEXT,
  since TIMESTAMPTZ NOT NULL DEFAULT now(),
  turning_since TIMESTAMPTZ,
  checked_at TIMESTAMPTZ NOT NULL,

  CONSTRAINT alerts_threshold_fkey FOREIGN KEY (metric_name)
    REFERENCES monitoring.alert_thresholds (metric_name) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT valid_state CHECK (state::TEXT IN ('ok', 'pending', 'firing', 'no data')),
  CONSTRAINT valid_severity CHECK (
    CASE WHEN state::TEXT IN ('pending', 'firing') THEN severity IS NOT NULL AND severity::TEXT IN ('warning', 'critical')
      ELSE severity IS NULL
    END
  )
);

CREATE TABLE monitoring.alert_changes (
  change_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  metric_name VARCHAR(100) NOT NULL,
  state VARCHAR(20) NOT NULL,
  severity VARCHAR(10),
  value NUMERIC,
  reason TEXT,
  changed_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  told_at TIMESTAMPTZ,

  CONSTRAINT valid_state CHECK (state::TEXT IN ('ok', 'firing', 'no data')),
  CONSTRAINT valid_severity CHECK (
    CASE WHEN state::TEXT = 'firing' THEN severity IS NOT NULL AND severity::TEXT IN ('warning', 'critical')
      ELSE severity IS NULL
    END
  )
);
CREATE INDEX idx_alert_changes_untold ON monitoring.alert_changes (change_id) WHERE told_at IS NULL;
CREATE INDEX idx_alert_changes_metric ON monitoring.alert_changes (metric_name, change_id);

CREATE TABLE monitoring.query_plans (
  plan_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  query_hash TEXT NOT NULL,
  query_text TEXT NOT NULL,
  plan_json JSONB NOT NULL,
  execution_stats JSONB NOT NULL DEFAULT '{}',
  captured_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  mean_exec_time_ms NUMERIC,
  calls BIGINT,
  total_exec_time_ms NUMERIC,

  CONSTRAINT unique_query_hash_time UNIQUE (query_hash, captured_at),
  CONSTRAINT valid_query_hash CHECK (length(query_hash) > 0),
  CONSTRAINT valid_plan_json CHECK (jsonb_typeof(plan_json) = 'array'),
  CONSTRAINT valid_execution_stats CHECK (jsonb_typeof(execution_stats) = 'object'),
  CONSTRAINT valid_mean_exec_time CHECK (mean_exec_time_ms >= 0),
  CONSTRAINT valid_calls CHECK (calls >= 0),
  CONSTRAINT valid_total_exec_time CHECK (total_exec_time_ms >= 0)
);

CREATE INDEX idx_query_plans_exec_time ON monitoring.query_plans (mean_exec_time_ms DESC);
CREATE INDEX idx_query_plans_captured ON monitoring.query_plans (captured_at DESC);

INSERT INTO monitoring.alert_thresholds (metric_name, warning_threshold, critical_threshold, direction, check_interval)
VALUES
  ('connection_pool_usage_percent', 70, 85, 'above', '30 seconds'),
  ('query_execution_time_ms', 5000, 10000, 'above', '1 minute'),
  ('index_bloat_percent', 30, 50, 'above', '1 hour'),
  ('table_bloat_percent', 40, 60, 'above', '1 hour'),
  ('replication_lag_seconds', 5, 30, 'above', '10 seconds'),
  ('disk_usage_percent', 80, 90, 'above', '5 minutes'),
  ('cache_hit_ratio', 95, 90, 'below', '5 minutes'),
  ('deadlock_count_per_hour', 5, 20, 'above', '5 minutes'),
  ('long_running_transactions_minutes', 30, 60, 'above', '5 minutes');

COMMENT ON TABLE monitoring.alert_thresholds IS 'From when on the value of a metric is an alert';
COMMENT ON COLUMN monitoring.alert_thresholds.threshold_id IS 'The threshold';
COMMENT ON COLUMN monitoring.alert_thresholds.metric_name IS 'The metric, with its unit at the end of its name';
COMMENT ON COLUMN monitoring.alert_thresholds.warning_threshold IS 'From this value on it is a warning; NULL for never';
COMMENT ON COLUMN monitoring.alert_thresholds.critical_threshold IS 'From this value on it is critical; NULL for never';
COMMENT ON COLUMN monitoring.alert_thresholds.direction IS 'Whether values above, or below, are the bad ones';
COMMENT ON COLUMN monitoring.alert_thresholds.check_interval IS 'How often the metric is looked at';
COMMENT ON COLUMN monitoring.alert_thresholds.hold_for IS
  'For how long a value must be past a threshold before that is an alert, and on this side of it before it is over';
COMMENT ON COLUMN monitoring.alert_thresholds.enabled IS 'Whether it is an alert at all';
COMMENT ON COLUMN monitoring.alert_thresholds.notification_channels IS 'Who is told; empty for whoever is told of everything';
COMMENT ON COLUMN monitoring.alert_thresholds.created_at IS 'When it was made';
COMMENT ON COLUMN monitoring.alert_thresholds.updated_at IS 'When it was last changed; kept by trigger';
COMMENT ON TABLE monitoring.alerts IS 'How each metric stands to its thresholds';
COMMENT ON COLUMN monitoring.alerts.metric_name IS 'The metric; there is one alert of it, however bad';
COMMENT ON COLUMN monitoring.alerts.state IS
  'ok; pending: past a threshold, but not for long yet; firing; no data: it cannot be measured';
COMMENT ON COLUMN monitoring.alerts.severity IS 'Of one that is pending or fires: warning or critical';
COMMENT ON COLUMN monitoring.alerts.value IS 'The last value; NULL where there was none';
COMMENT ON COLUMN monitoring.alerts.reason IS 'Why there was none; NULL where there was one';
COMMENT ON COLUMN monitoring.alerts.since IS 'When the state began';
COMMENT ON COLUMN monitoring.alerts.turning_since IS 'Since when the values say that another state is due; NULL while they do not';
COMMENT ON COLUMN monitoring.alerts.checked_at IS 'When it was last looked at';
COMMENT ON TABLE monitoring.alert_changes IS 'What became of alerts, and whether it was told';
COMMENT ON COLUMN monitoring.alert_changes.change_id IS 'The change, in their order';
COMMENT ON COLUMN monitoring.alert_changes.metric_name IS 'The metric';
COMMENT ON COLUMN monitoring.alert_changes.state IS 'What it became: firing; ok, which is that it is over; no data';
COMMENT ON COLUMN monitoring.alert_changes.severity IS 'Of one that fires: warning or critical';
COMMENT ON COLUMN monitoring.alert_changes.value IS 'The value by then; NULL where there was none';
COMMENT ON COLUMN monitoring.alert_changes.reason IS 'Why there was none; NULL where there was one';
COMMENT ON COLUMN monitoring.alert_changes.changed_at IS 'When it changed';
COMMENT ON COLUMN monitoring.alert_changes.told_at IS 'When it was told; NULL while it is to be';
COMMENT ON TABLE monitoring.query_plans IS 'Plans of slow statements, as PostgreSQL would make them for any parameters; none of them was run for it';
COMMENT ON COLUMN monitoring.query_plans.plan_id IS 'The plan';
COMMENT ON COLUMN monitoring.query_plans.query_hash IS 'The statement: its queryid in pg_stat_statements';
COMMENT ON COLUMN monitoring.query_plans.query_text IS 'Its text, with $1, $2 … in place of what differs';
COMMENT ON COLUMN monitoring.query_plans.plan_json IS 'The plan, as EXPLAIN (FORMAT JSON) gives it';
COMMENT ON COLUMN monitoring.query_plans.execution_stats IS 'What else was known of its executions by then';
COMMENT ON COLUMN monitoring.query_plans.captured_at IS 'When it was made';
COMMENT ON COLUMN monitoring.query_plans.mean_exec_time_ms IS 'How long an execution took by then, in milliseconds';
COMMENT ON COLUMN monitoring.query_plans.calls IS 'How often the statement was executed by then';
COMMENT ON COLUMN monitoring.query_plans.total_exec_time_ms IS 'How long all executions took by then, in milliseconds';

-- pg_monitor is PostgreSQL's role for those who watch; what it may do here is as little as it may do there.
GRANT USAGE ON SCHEMA monitoring
  TO app_primary, app_background, app_replica, app_analytics, app_readonly, pg_monitor;
GRANT USAGE ON SCHEMA tasks, sync TO pg_monitor;
GRANT SELECT ON tasks.backlog, sync.outbox_backlog TO pg_monitor;
-- The view of the tasks has the rights of whoever asks.
GRANT SELECT (task_type, run_at) ON tasks.ready TO pg_monitor;
GRANT SELECT (task_type) ON tasks.leases, tasks.dead_letters TO pg_monitor;
GRANT SELECT ON monitoring.alert_thresholds TO
  app_primary, app_background, app_replica, app_analytics, app_readonly, pg_monitor;
GRANT UPDATE (warning_threshold, critical_threshold, direction, check_interval, hold_for, enabled, notification_channels)
  ON monitoring.alert_thresholds TO app_primary;
GRANT SELECT, INSERT, DELETE ON monitoring.query_plans TO app_background;
-- Texts of statements may hold what only some may read.
GRANT SELECT ON monitoring.query_plans TO app_primary, app_analytics, pg_monitor;
GRANT INSERT ON monitoring.query_plans TO pg_monitor;
GRANT SELECT ON monitoring.alerts, monitoring.alert_changes TO
  app_primary, app_background, app_replica, app_analytics, app_readonly, pg_monitor;
GRANT INSERT, UPDATE, DELETE ON monitoring.alerts TO app_primary, app_background;
GRANT INSERT, UPDATE, DELETE ON monitoring.alert_changes TO app_primary, app_background;
