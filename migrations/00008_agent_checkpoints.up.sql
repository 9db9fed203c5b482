CREATE TABLE agents.checkpoints (
  checkpoint_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  agent_id public.agent_id_type NOT NULL REFERENCES agents.registry (agent_id) ON DELETE CASCADE,
  checkpoint_name VARCHAR(255),
  state_snapshot JSONB NOT NULL,
  kv_revision BIGINT,
  trigger_event VARCHAR(100),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  CONSTRAINT valid_checkpoint_name CHECK (checkpoint_name IS NULL OR length(checkpoint_name) > 0)
);

CREATE INDEX idx_agents_checkpoints_agent_created ON agents.checkpoints (agent_id, created_at);
CREATE INDEX idx_agents_checkpoints_name ON agents.checkpoints (checkpoint_name) WHERE checkpoint_name IS NOT NULL;

COMMENT ON TABLE agents.checkpoints IS 'Snapshots of an agent''s whole state, to go back to';
COMMENT ON COLUMN agents.checkpoints.checkpoint_id IS 'The checkpoint';
COMMENT ON COLUMN agents.checkpoints.agent_id IS 'Whose state it is';
COMMENT ON COLUMN agents.checkpoints.checkpoint_name IS 'What people call it';
COMMENT ON COLUMN agents.checkpoints.state_snapshot IS 'The state at that moment, an object with one field a key';
COMMENT ON COLUMN agents.checkpoints.kv_revision IS 'The revision of the JetStream bucket that the snapshot includes';
COMMENT ON COLUMN agents.checkpoints.trigger_event IS 'What made someone take it';
COMMENT ON COLUMN agents.checkpoints.created_at IS 'When it was taken';

GRANT SELECT, INSERT, UPDATE, DELETE ON agents.checkpoints TO app_primary;
GRANT SELECT, INSERT, DELETE ON agents.checkpoints TO app_background;
GRANT SELECT ON agents.checkpoints TO app_replica, app_analytics, app_readonly;
