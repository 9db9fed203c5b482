-- Which alerts there are, kept here so that a restart, or another process, goes on where the last one was.
--
--   monitoring.alerts         how each metric stands. Whoever looks takes the row's lock, so two who look at once do not
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

GRANT SELECT ON monitoring.alerts, monitoring.alert_changes TO
  app_primary, app_background, app_replica, app_analytics, app_readonly, pg_monitor;
GRANT INSERT, UPDATE, DELETE ON monitoring.alerts TO app_primary, app_background;
GRANT INSERT, UPDATE, DELETE ON monitoring.alert_changes TO app_primary, app_background;
