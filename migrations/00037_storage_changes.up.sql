-- What was changed about how tables are stored and vacuumed, so that it can be followed, and taken back.

CREATE TABLE monitoring.storage_changes (
  change_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  schema_name TEXT NOT NULL,
  table_name TEXT NOT NULL,
  parameters JSONB NOT NULL,
  previous JSONB NOT NULL,
  reason TEXT NOT NULL,
  observed JSONB NOT NULL DEFAULT '{}',
  changed_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  reverted_at TIMESTAMPTZ,

  CONSTRAINT valid_parameters CHECK (jsonb_typeof(parameters) = 'object'),
  CONSTRAINT valid_previous CHECK (jsonb_typeof(previous) = 'object'),
  CONSTRAINT valid_observed CHECK (jsonb_typeof(observed) = 'object'),
  CONSTRAINT valid_reverted_at CHECK (reverted_at >= changed_at)
);
CREATE INDEX idx_storage_changes_table ON monitoring.storage_changes (schema_name, table_name, changed_at DESC);

COMMENT ON TABLE monitoring.storage_changes IS 'What was changed about how tables are stored and vacuumed';
COMMENT ON COLUMN monitoring.storage_changes.change_id IS 'The change';
COMMENT ON COLUMN monitoring.storage_changes.schema_name IS 'The schema of the table';
COMMENT ON COLUMN monitoring.storage_changes.table_name IS 'The table';
COMMENT ON COLUMN monitoring.storage_changes.parameters IS 'The storage parameters that were set; null for one that was reset';
COMMENT ON COLUMN monitoring.storage_changes.previous IS 'What they were before; null for one that was not set';
COMMENT ON COLUMN monitoring.storage_changes.reason IS 'Why, and what was expected of it';
COMMENT ON COLUMN monitoring.storage_changes.observed IS 'What was known of the table by then: its rows, its dead rows, its counters';
COMMENT ON COLUMN monitoring.storage_changes.changed_at IS 'When it was changed';
COMMENT ON COLUMN monitoring.storage_changes.reverted_at IS 'When it was taken back; NULL while it stands';

GRANT SELECT ON monitoring.storage_changes TO
  app_primary, app_background, app_replica, app_analytics, app_readonly, pg_monitor;
