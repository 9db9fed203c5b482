CREATE TABLE agents.lifecycle_events (
  event_id UUID NOT NULL DEFAULT gen_random_uuid(),
  agent_id public.agent_id_type NOT NULL REFERENCES agents.registry (agent_id) ON DELETE CASCADE,
  event_type VARCHAR(50) NOT NULL,
  previous_status public.agent_status_type,
  new_status public.agent_status_type,
  event_data JSONB NOT NULL DEFAULT '{}',
  triggered_by public.agent_id_type REFERENCES agents.registry (agent_id),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  PRIMARY KEY (event_id, created_at),
  CONSTRAINT valid_event_type CHECK (length(event_type) > 0),
  -- An event that is not about the status gives none.
  CONSTRAINT status_change CHECK (
    (previous_status IS NULL AND new_status IS NULL) OR previous_status IS DISTINCT FROM new_status
  )
) PARTITION BY RANGE (created_at);

CREATE TABLE agents.lifecycle_events_default PARTITION OF agents.lifecycle_events DEFAULT;

CREATE INDEX idx_agents_lifecycle_agent_created ON agents.lifecycle_events (agent_id, created_at);
CREATE INDEX idx_agents_lifecycle_event_type ON agents.lifecycle_events (event_type, created_at);
CREATE INDEX idx_agents_lifecycle_status_change ON agents.lifecycle_events (new_status, created_at);
-- Without it the removal of an agent reads all events.
CREATE INDEX idx_agents_lifecycle_triggered_by ON agents.lifecycle_events (triggered_by)
  WHERE triggered_by IS NOT NULL;

COMMENT ON TABLE agents.lifecycle_events IS 'What happened to agents; one partition a day of UTC';
COMMENT ON COLUMN agents.lifecycle_events.event_id IS 'The event';
COMMENT ON COLUMN agents.lifecycle_events.agent_id IS 'The agent it happened to';
COMMENT ON COLUMN agents.lifecycle_events.event_type IS 'What happened, in the application''s words';
COMMENT ON COLUMN agents.lifecycle_events.previous_status IS 'The status before; NULL for the first, or when the event is not about it';
COMMENT ON COLUMN agents.lifecycle_events.new_status IS 'The status after; NULL when the event is not about it';
COMMENT ON COLUMN agents.lifecycle_events.event_data IS 'Details';
COMMENT ON COLUMN agents.lifecycle_events.triggered_by IS 'The agent that caused it, if one did';
COMMENT ON COLUMN agents.lifecycle_events.created_at IS 'When it happened; decides the partition';

GRANT SELECT, INSERT, UPDATE, DELETE ON agents.lifecycle_events TO app_primary;
GRANT SELECT, INSERT ON agents.lifecycle_events TO app_background;
GRANT SELECT ON agents.lifecycle_events TO app_replica, app_analytics, app_readonly;

INSERT INTO partitions.settings (schema_name, table_name) VALUES ('agents', 'lifecycle_events');
SELECT partitions.create_time_partition('agents.lifecycle_events', (now() AT TIME ZONE 'UTC')::DATE + d)
FROM generate_series(-1, 1) AS d;
