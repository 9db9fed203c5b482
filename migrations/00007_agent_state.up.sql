CREATE TABLE agents.state (
  agent_id public.agent_id_type NOT NULL REFERENCES agents.registry (agent_id) ON DELETE CASCADE,
  state_key VARCHAR(255) NOT NULL,
  state_value JSONB NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  -- Over the UTF-8 bytes of the value's text as PostgreSQL prints it: SELECT sha256_hex(state_value::TEXT).
  checksum VARCHAR(64) NOT NULL GENERATED ALWAYS AS (public.sha256_hex(state_value::TEXT)) STORED,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ,

  PRIMARY KEY (agent_id, state_key),
  CONSTRAINT valid_state_key CHECK (length(state_key) > 0),
  CONSTRAINT valid_version CHECK (version > 0),
  CONSTRAINT future_expiry CHECK (expires_at IS NULL OR expires_at > created_at)
) PARTITION BY HASH (agent_id);

CREATE TABLE agents.state_0 PARTITION OF agents.state FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE agents.state_1 PARTITION OF agents.state FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE agents.state_2 PARTITION OF agents.state FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE agents.state_3 PARTITION OF agents.state FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE agents.state_4 PARTITION OF agents.state FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE agents.state_5 PARTITION OF agents.state FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE agents.state_6 PARTITION OF agents.state FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE agents.state_7 PARTITION OF agents.state FOR VALUES WITH (MODULUS 8, REMAINDER 7);

CREATE INDEX idx_agents_state_updated ON agents.state (updated_at);
CREATE INDEX idx_agents_state_expires ON agents.state (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX idx_agents_state_agent_updated ON agents.state (agent_id, updated_at);
CREATE INDEX idx_agents_state_json_path ON agents.state USING gin ((state_value -> 'computed_fields'));

CREATE TRIGGER set_updated_at BEFORE UPDATE ON agents.state
  FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

COMMENT ON TABLE agents.state IS 'The state of agents, one row a key';
COMMENT ON COLUMN agents.state.agent_id IS 'Whose state it is';
COMMENT ON COLUMN agents.state.state_key IS 'The key, unique for the agent';
COMMENT ON COLUMN agents.state.state_value IS 'The value; JSON null is a value';
COMMENT ON COLUMN agents.state.version IS 'Counts the writes of the key as its writer sees them, from 1';
COMMENT ON COLUMN agents.state.checksum IS
  'SHA-256, in hexadecimal, of the UTF-8 bytes of state_value::TEXT; computed by the database at every write';
COMMENT ON COLUMN agents.state.created_at IS 'When the key was first written';
COMMENT ON COLUMN agents.state.updated_at IS 'When the row was last changed; kept by trigger';
COMMENT ON COLUMN agents.state.expires_at IS 'From when on the value counts as gone; NULL for never';

CREATE FUNCTION public.hydrate_agent_state(p_agent_id UUID) RETURNS TABLE (key TEXT, value JSONB)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT s.state_key::TEXT, s.state_value
  FROM agents.state AS s
  WHERE s.agent_id = p_agent_id AND (s.expires_at IS NULL OR s.expires_at > now())
  ORDER BY s.updated_at DESC, s.state_key;
END;
COMMENT ON FUNCTION public.hydrate_agent_state(UUID) IS
  'The state of an agent that has not expired, latest change first: what its start loads into the fast store';

GRANT SELECT, INSERT, UPDATE, DELETE ON agents.state TO app_primary, app_background;
GRANT SELECT ON agents.state TO app_replica, app_analytics, app_readonly;
REVOKE EXECUTE ON FUNCTION public.hydrate_agent_state(UUID) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.hydrate_agent_state(UUID)
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;
