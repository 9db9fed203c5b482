DROP TABLE monitoring.alert_deliveries;

UPDATE monitoring.alert_changes SET state = 'no data' WHERE state = 'error';
DELETE FROM monitoring.alert_changes WHERE scope <> '';
ALTER TABLE monitoring.alert_changes
  DROP CONSTRAINT valid_scope,
  DROP CONSTRAINT valid_state,
  ADD CONSTRAINT valid_state CHECK (state::TEXT IN ('ok', 'firing', 'no data')),
  DROP COLUMN routed_at,
  DROP COLUMN silenced,
  DROP COLUMN began_at,
  DROP COLUMN scope_name,
  DROP COLUMN scope;

UPDATE monitoring.alerts SET state = 'no data' WHERE state = 'error';
DELETE FROM monitoring.alerts WHERE scope <> '';
ALTER TABLE monitoring.alerts
  DROP CONSTRAINT valid_told_severity,
  DROP CONSTRAINT valid_told_state,
  DROP CONSTRAINT valid_scope,
  DROP CONSTRAINT valid_state,
  ADD CONSTRAINT valid_state CHECK (state::TEXT IN ('ok', 'pending', 'firing', 'no data')),
  DROP CONSTRAINT alerts_pkey,
  ADD CONSTRAINT alerts_pkey PRIMARY KEY (metric_name),
  DROP COLUMN told_severity,
  DROP COLUMN told_state,
  DROP COLUMN measured_at,
  DROP COLUMN unmeasured_since,
  DROP COLUMN began_at,
  DROP COLUMN scope_name,
  DROP COLUMN scope;

DROP TABLE monitoring.heartbeats;
DROP TABLE monitoring.alert_silences;
DROP TABLE monitoring.alert_overrides;

COMMENT ON COLUMN monitoring.alerts.metric_name IS 'The metric; there is one alert of it, however bad';
COMMENT ON COLUMN monitoring.alerts.state IS
  'ok; pending: past a threshold, but not for long yet; firing; no data: it cannot be measured';
COMMENT ON COLUMN monitoring.alert_changes.state IS 'What it became: firing; ok, which is that it is over; no data';
COMMENT ON COLUMN monitoring.alert_changes.told_at IS 'When it was told; NULL while it is to be';
