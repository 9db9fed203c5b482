-- How alerts are told: each channel by itself, at least once; what is silenced for a while; thresholds of one database or role;
-- and a sign of life of whoever looks.
--
--   monitoring.alert_overrides   thresholds of one database or role, in place of those of all
--   monitoring.alert_silences    what is not told for a while; its state is kept all the same
--   monitoring.alert_deliveries  one row for each change and channel. Whoever sends takes it by moving next_attempt_at, so that
--                                two who send at once do not both send it; who dies in the middle leaves it to be due again.
--   monitoring.heartbeats        when somebody last looked, for those who must hear that nobody does

CREATE TABLE monitoring.alert_overrides (
  metric_name VARCHAR(100) NOT NULL,
  scope VARCHAR(10) NOT NULL,
  scope_name VARCHAR(63) NOT NULL,
  warning_threshold NUMERIC,
  critical_threshold NUMERIC,
  enabled BOOLEAN NOT NULL DEFAULT TRUE,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  CONSTRAINT alert_overrides_pkey PRIMARY KEY (metric_name, scope, scope_name),
  CONSTRAINT alert_overrides_threshold_fkey FOREIGN KEY (metric_name)
    REFERENCES monitoring.alert_thresholds (metric_name) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT valid_scope CHECK (scope::TEXT IN ('database', 'role')),
  CONSTRAINT valid_scope_name CHECK (length(scope_name::TEXT) > 0),
  CONSTRAINT valid_thresholds CHECK (warning_threshold <> 'NaN' AND critical_threshold <> 'NaN')
);

CREATE TRIGGER set_updated_at BEFORE UPDATE ON monitoring.alert_overrides
  FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TABLE monitoring.alert_silences (
  silence_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  metric_name VARCHAR(100),
  scope VARCHAR(10),
  scope_name VARCHAR(63),
  reason TEXT NOT NULL,
  created_by TEXT NOT NULL,
  starts_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  ends_at TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  CONSTRAINT alert_silences_threshold_fkey FOREIGN KEY (metric_name)
    REFERENCES monitoring.alert_thresholds (metric_name) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT valid_scope CHECK (
    CASE WHEN scope IS NULL THEN scope_name IS NULL
      ELSE scope::TEXT IN ('database', 'role') AND scope_name IS NOT NULL
    END
  ),
  CONSTRAINT valid_reason CHECK (length(reason) BETWEEN 1 AND 1000),
  CONSTRAINT valid_created_by CHECK (length(created_by) BETWEEN 1 AND 200),
  -- One that lasts for ever is a threshold that is switched off, and is to be called so.
  CONSTRAINT valid_time CHECK (ends_at >= starts_at AND ends_at <= starts_at + INTERVAL '366 days')
);
CREATE INDEX idx_alert_silences_ends ON monitoring.alert_silences (ends_at);

CREATE TABLE monitoring.heartbeats (
  name VARCHAR(100) PRIMARY KEY,
  holder TEXT NOT NULL,
  beat_at TIMESTAMPTZ NOT NULL,
  beat_every INTERVAL NOT NULL,
  told_at TIMESTAMPTZ,

  CONSTRAINT valid_beat_every CHECK (beat_every > INTERVAL '0')
);

-- An alert is of a metric as a whole, whose scope is empty text, or of one database or role of it.
-- smith:accept drop-key the table has a row a metric, and is written by one process, which is a new one then
-- smith:accept unique-without-index the table has a row a metric: its key is built in a moment
-- smith:accept constraint-not-valid the table has a row a metric: they are checked in a moment
ALTER TABLE monitoring.alerts
  ADD COLUMN scope VARCHAR(10) NOT NULL DEFAULT '',
  ADD COLUMN scope_name VARCHAR(63) NOT NULL DEFAULT '',
  ADD COLUMN began_at TIMESTAMPTZ,
  ADD COLUMN unmeasured_since TIMESTAMPTZ,
  ADD COLUMN measured_at TIMESTAMPTZ,
  ADD COLUMN told_state VARCHAR(20) NOT NULL DEFAULT 'ok',
  ADD COLUMN told_severity VARCHAR(10),
  DROP CONSTRAINT alerts_pkey,
  ADD CONSTRAINT alerts_pkey PRIMARY KEY (metric_name, scope, scope_name),
  DROP CONSTRAINT valid_state,
  ADD CONSTRAINT valid_state CHECK (state::TEXT IN ('ok', 'pending', 'firing', 'no data', 'error')),
  ADD CONSTRAINT valid_scope CHECK (
    CASE scope::TEXT WHEN '' THEN scope_name = '' ELSE scope::TEXT IN ('database', 'role') AND scope_name <> '' END
  ),
  ADD CONSTRAINT valid_told_state CHECK (told_state::TEXT IN ('ok', 'firing', 'no data', 'error')),
  ADD CONSTRAINT valid_told_severity CHECK (
    CASE WHEN told_state::TEXT = 'firing'
      THEN told_severity IS NOT NULL AND told_severity::TEXT IN ('warning', 'critical')
      ELSE told_severity IS NULL
    END
  );

-- What the version before has told is not told again.
UPDATE monitoring.alerts AS a SET told_state = a.state, told_severity = a.severity, began_at = a.since
WHERE a.state IN ('firing', 'no data');
UPDATE monitoring.alerts AS a SET measured_at = a.checked_at WHERE a.value IS NOT NULL;

-- smith:accept constraint-not-valid the table has a row a change of an alert, of the last three months: they are checked in a moment
ALTER TABLE monitoring.alert_changes
  ADD COLUMN scope VARCHAR(10) NOT NULL DEFAULT '',
  ADD COLUMN scope_name VARCHAR(63) NOT NULL DEFAULT '',
  ADD COLUMN began_at TIMESTAMPTZ,
  ADD COLUMN silenced BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN routed_at TIMESTAMPTZ,
  DROP CONSTRAINT valid_state,
  ADD CONSTRAINT valid_state CHECK (state::TEXT IN ('ok', 'firing', 'no data', 'error')),
  ADD CONSTRAINT valid_scope CHECK (
    CASE scope::TEXT WHEN '' THEN scope_name = '' ELSE scope::TEXT IN ('database', 'role') AND scope_name <> '' END
  );

CREATE TABLE monitoring.alert_deliveries (
  change_id BIGINT NOT NULL,
  channel VARCHAR(63) NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  last_error TEXT,
  outcome VARCHAR(20) NOT NULL DEFAULT 'waiting',
  settled_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  CONSTRAINT alert_deliveries_pkey PRIMARY KEY (change_id, channel),
  CONSTRAINT alert_deliveries_change_fkey FOREIGN KEY (change_id)
    REFERENCES monitoring.alert_changes (change_id) ON DELETE CASCADE,
  CONSTRAINT valid_channel CHECK (channel::TEXT ~ '^[a-z][a-z0-9_-]*$'),
  CONSTRAINT valid_attempts CHECK (attempts >= 0),
  CONSTRAINT valid_outcome CHECK (outcome::TEXT IN ('waiting', 'delivered', 'given up')),
  CONSTRAINT valid_settled_at CHECK ((outcome = 'waiting') = (settled_at IS NULL))
);
CREATE INDEX idx_alert_deliveries_open ON monitoring.alert_deliveries (channel, change_id)
  WHERE outcome = 'waiting';

COMMENT ON TABLE monitoring.alert_overrides IS 'From when on the value of a metric is an alert for one database or role';
COMMENT ON COLUMN monitoring.alert_overrides.metric_name IS 'The metric';
COMMENT ON COLUMN monitoring.alert_overrides.scope IS 'Of what: database or role';
COMMENT ON COLUMN monitoring.alert_overrides.scope_name IS 'Its name';
COMMENT ON COLUMN monitoring.alert_overrides.warning_threshold IS 'From this value on it is a warning; NULL for never';
COMMENT ON COLUMN monitoring.alert_overrides.critical_threshold IS 'From this value on it is critical; NULL for never';
COMMENT ON COLUMN monitoring.alert_overrides.enabled IS 'Whether it is an alert at all';
COMMENT ON COLUMN monitoring.alert_overrides.created_at IS 'When it was made';
COMMENT ON COLUMN monitoring.alert_overrides.updated_at IS 'When it was last changed; kept by trigger';
COMMENT ON TABLE monitoring.alert_silences IS 'Alerts that are not told for a while';
COMMENT ON COLUMN monitoring.alert_silences.silence_id IS 'The silence';
COMMENT ON COLUMN monitoring.alert_silences.metric_name IS 'The metric; NULL for all';
COMMENT ON COLUMN monitoring.alert_silences.scope IS 'Of what: database or role; NULL for all there is of the metric';
COMMENT ON COLUMN monitoring.alert_silences.scope_name IS 'Its name; NULL for all there is of the metric';
COMMENT ON COLUMN monitoring.alert_silences.reason IS 'Why';
COMMENT ON COLUMN monitoring.alert_silences.created_by IS 'Who wanted it';
COMMENT ON COLUMN monitoring.alert_silences.starts_at IS 'From when on';
COMMENT ON COLUMN monitoring.alert_silences.ends_at IS 'Until when: what is still to be told then is told';
COMMENT ON COLUMN monitoring.alert_silences.created_at IS 'When it was made';
COMMENT ON TABLE monitoring.alert_deliveries IS 'What is to be told of an alert to each channel, and how that went';
COMMENT ON COLUMN monitoring.alert_deliveries.change_id IS 'What is told';
COMMENT ON COLUMN monitoring.alert_deliveries.channel IS 'Who is told';
COMMENT ON COLUMN monitoring.alert_deliveries.attempts IS 'How often it was tried';
COMMENT ON COLUMN monitoring.alert_deliveries.next_attempt_at IS 'When it is due; while it is being sent, when it is due again if nobody says how that went';
COMMENT ON COLUMN monitoring.alert_deliveries.last_error IS 'Why the last try failed; NULL for no reason';
COMMENT ON COLUMN monitoring.alert_deliveries.outcome IS 'waiting, delivered or given up';
COMMENT ON COLUMN monitoring.alert_deliveries.settled_at IS 'When it arrived or was given up; NULL while it waits';
COMMENT ON COLUMN monitoring.alert_deliveries.created_at IS 'When it began to be told';
COMMENT ON TABLE monitoring.heartbeats IS 'Signs of life, for those who must hear when there are none';
COMMENT ON COLUMN monitoring.heartbeats.name IS 'Of what: monitor';
COMMENT ON COLUMN monitoring.heartbeats.holder IS 'Who did it last';
COMMENT ON COLUMN monitoring.heartbeats.beat_at IS 'When it was last done';
COMMENT ON COLUMN monitoring.heartbeats.beat_every IS 'How often it is to be done';
COMMENT ON COLUMN monitoring.heartbeats.told_at IS 'When the sign of life last reached its channel; NULL for never';
COMMENT ON COLUMN monitoring.alerts.scope IS 'Of one database or role of the metric: which it is; empty for all of it';
COMMENT ON COLUMN monitoring.alerts.scope_name IS 'Its name; empty for all of it';
COMMENT ON COLUMN monitoring.alerts.began_at IS 'When it last began to fire, or could not be measured any more; NULL for never';
COMMENT ON COLUMN monitoring.alerts.unmeasured_since IS 'Since when there is no value, though there should be one; NULL while there is';
COMMENT ON COLUMN monitoring.alerts.measured_at IS 'When there was last a value; NULL for never: what is not there by its nature is not missed then';
COMMENT ON COLUMN monitoring.alerts.told_state IS 'What was last given to be told: what it is, unless it is silenced';
COMMENT ON COLUMN monitoring.alerts.told_severity IS 'How bad that was: warning or critical';
COMMENT ON COLUMN monitoring.alert_changes.scope IS 'Of one database or role of the metric: which it is; empty for all of it';
COMMENT ON COLUMN monitoring.alert_changes.scope_name IS 'Its name; empty for all of it';
COMMENT ON COLUMN monitoring.alert_changes.began_at IS 'When what is told of began';
COMMENT ON COLUMN monitoring.alert_changes.silenced IS 'Whether nobody is told of it';
COMMENT ON COLUMN monitoring.alert_changes.routed_at IS 'When it was decided who is told; NULL while it is to be';
COMMENT ON COLUMN monitoring.alerts.metric_name IS 'The metric; there is one alert of it and of each database or role that has thresholds of its own, however bad';
COMMENT ON COLUMN monitoring.alerts.state IS
  'ok; pending: past a threshold, but not for long yet; firing; no data: it cannot be measured; error: measuring it failed';
COMMENT ON COLUMN monitoring.alert_changes.state IS 'What it became: firing; ok, which is that it is over; no data; error';
COMMENT ON COLUMN monitoring.alert_changes.told_at IS 'When it had reached everybody, or was given up; NULL while it is to be told';

GRANT SELECT ON monitoring.alert_overrides, monitoring.alert_silences, monitoring.alert_deliveries, monitoring.heartbeats TO
  app_primary, app_background, app_replica, app_analytics, app_readonly, pg_monitor;
GRANT INSERT, UPDATE, DELETE ON monitoring.alert_overrides, monitoring.alert_silences TO app_primary;
GRANT DELETE ON monitoring.alert_silences TO app_background;
GRANT INSERT, UPDATE, DELETE ON monitoring.alert_deliveries, monitoring.heartbeats TO app_primary, app_background;
