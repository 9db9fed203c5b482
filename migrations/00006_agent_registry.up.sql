CREATE TABLE agents.registry (
  agent_id public.agent_id_type PRIMARY KEY DEFAULT gen_random_uuid(),
  agent_type VARCHAR(50) NOT NULL,
  agent_name VARCHAR(255) NOT NULL,
  status public.agent_status_type NOT NULL DEFAULT 'initializing',
  capabilities JSONB NOT NULL DEFAULT '{}',
  configuration JSONB NOT NULL DEFAULT '{}',
  metadata JSONB NOT NULL DEFAULT jsonb_build_object(
    'created_at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'version', 1
  ),
  parent_agent_id public.agent_id_type REFERENCES agents.registry (agent_id),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  last_heartbeat TIMESTAMPTZ,

  CONSTRAINT valid_agent_name CHECK (length(agent_name) > 0),
  CONSTRAINT valid_agent_type CHECK (length(agent_type) > 0),
  CONSTRAINT valid_metadata CHECK (public.validate_agent_metadata(metadata)),
  CONSTRAINT no_self_parent CHECK (agent_id <> parent_agent_id)
);

CREATE INDEX idx_agents_registry_type_status ON agents.registry (agent_type, status);
CREATE INDEX idx_agents_registry_parent ON agents.registry (parent_agent_id) WHERE parent_agent_id IS NOT NULL;
CREATE INDEX idx_agents_registry_heartbeat ON agents.registry (last_heartbeat) WHERE status = 'active';
CREATE INDEX idx_agents_registry_metadata_gin ON agents.registry USING gin (metadata);
CREATE INDEX idx_agents_registry_active ON agents.registry (agent_type, updated_at) WHERE status = 'active';
CREATE INDEX idx_agents_registry_capabilities_gin ON agents.registry USING gin (capabilities jsonb_path_ops);

CREATE TRIGGER set_updated_at BEFORE UPDATE ON agents.registry
  FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

COMMENT ON TABLE agents.registry IS 'Every agent that was ever registered';
COMMENT ON COLUMN agents.registry.agent_id IS 'The agent';
COMMENT ON COLUMN agents.registry.agent_type IS 'What kind of agent it is, in the application''s words';
COMMENT ON COLUMN agents.registry.agent_name IS 'What people call it; not unique';
COMMENT ON COLUMN agents.registry.status IS 'Where it stands in its life';
COMMENT ON COLUMN agents.registry.capabilities IS 'What it can do';
COMMENT ON COLUMN agents.registry.configuration IS 'How it is set up; may hold secrets';
COMMENT ON COLUMN agents.registry.metadata IS
  'Anything else; an object with created_at (ISO 8601) and a version, checked by validate_agent_metadata';
COMMENT ON COLUMN agents.registry.parent_agent_id IS 'The agent that started it; NULL for a root agent';
COMMENT ON COLUMN agents.registry.created_at IS 'When it was registered';
COMMENT ON COLUMN agents.registry.updated_at IS 'When the row was last changed; kept by trigger';
COMMENT ON COLUMN agents.registry.last_heartbeat IS 'When it was last heard of';

GRANT SELECT, INSERT, UPDATE, DELETE ON agents.registry TO app_primary;
GRANT SELECT, UPDATE (status, last_heartbeat) ON agents.registry TO app_background;
-- app_readonly gets no right here: the configuration may hold secrets.
GRANT SELECT ON agents.registry TO app_replica, app_analytics;
