-- A session is found by its token, so the token's hash decides the partition: a look-up reads one, and the hash is
-- unique over all. The prefix makes a token that was stored by mistake impossible: 32 random bytes in hexadecimal,
-- the usual token, look just like a SHA-256.
CREATE TABLE sessions.active (
  session_id UUID NOT NULL DEFAULT gen_random_uuid(),
  session_token VARCHAR(255) NOT NULL,
  agent_id public.agent_id_type REFERENCES agents.registry (agent_id),
  user_id VARCHAR(255),

  session_type VARCHAR(50) NOT NULL DEFAULT 'interactive',
  session_data JSONB NOT NULL DEFAULT '{}',
  preferences JSONB NOT NULL DEFAULT '{}',

  ip_address INET,
  user_agent TEXT,
  permissions JSONB NOT NULL DEFAULT '{}',

  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  last_activity TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ NOT NULL,

  PRIMARY KEY (session_id, session_token),
  UNIQUE (session_token),
  CONSTRAINT valid_session_token CHECK (session_token ~ '^sha256:[0-9a-f]{64}$'),
  CONSTRAINT valid_session_type CHECK (session_type::TEXT IN ('interactive', 'api', 'system', 'background')),
  CONSTRAINT future_expiry CHECK (expires_at > created_at)
) PARTITION BY HASH (session_token);

CREATE TABLE sessions.active_0 PARTITION OF sessions.active FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE sessions.active_1 PARTITION OF sessions.active FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE sessions.active_2 PARTITION OF sessions.active FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE sessions.active_3 PARTITION OF sessions.active FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE sessions.active_4 PARTITION OF sessions.active FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE sessions.active_5 PARTITION OF sessions.active FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE sessions.active_6 PARTITION OF sessions.active FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE sessions.active_7 PARTITION OF sessions.active FOR VALUES WITH (MODULUS 8, REMAINDER 7);

CREATE INDEX idx_sessions_active_agent ON sessions.active (agent_id) WHERE agent_id IS NOT NULL;
CREATE INDEX idx_sessions_active_user ON sessions.active (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX idx_sessions_active_activity ON sessions.active (last_activity);
CREATE INDEX idx_sessions_active_unexpired ON sessions.active (expires_at, last_activity);

CREATE FUNCTION sessions.hash_token(p_token TEXT) RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $body$
BEGIN
  IF length(p_token) < 32 THEN
    RAISE EXCEPTION 'a session token of % characters is too short to be secret', length(p_token)
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Use 32 characters or more, from a secure random source.';
  END IF;
  RETURN 'sha256:' || public.sha256_hex(p_token);
END
$body$;

CREATE VIEW sessions.live WITH (security_invoker = TRUE) AS
SELECT
  session_id, session_token, agent_id, user_id, session_type, session_data, preferences,
  ip_address, user_agent, permissions, created_at, last_activity, expires_at
FROM sessions.active
WHERE expires_at > now();

CREATE FUNCTION sessions.reap_expired(p_limit INTEGER DEFAULT 1000) RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  v_reaped INTEGER;
BEGIN
  IF p_limit IS NULL OR p_limit < 1 THEN
    RAISE EXCEPTION 'cannot reap at most % sessions', COALESCE(p_limit::TEXT, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a limit of 1 or more.';
  END IF;
  DELETE FROM sessions.active AS a
  USING (
    SELECT e.session_token FROM sessions.active AS e
    WHERE e.expires_at <= now()
    ORDER BY e.expires_at
    LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  ) AS expired
  WHERE a.session_token = expired.session_token;
  GET DIAGNOSTICS v_reaped = ROW_COUNT;
  RETURN v_reaped;
END
$body$;

COMMENT ON TABLE sessions.active IS 'Sessions, the expired ones until they are reaped';
COMMENT ON COLUMN sessions.active.session_id IS 'The session, as logs may name it; no secret';
COMMENT ON COLUMN sessions.active.session_token IS
  'sha256: and the SHA-256 of the token in hexadecimal, as sessions.hash_token() makes it; never the token';
COMMENT ON COLUMN sessions.active.agent_id IS 'The agent whose session it is, if it is one''s';
COMMENT ON COLUMN sessions.active.user_id IS 'The user whose session it is, if it is one''s';
COMMENT ON COLUMN sessions.active.session_type IS 'What it is for: interactive, api, system, background';
COMMENT ON COLUMN sessions.active.session_data IS 'What the application keeps for it';
COMMENT ON COLUMN sessions.active.preferences IS 'What its user prefers';
COMMENT ON COLUMN sessions.active.ip_address IS 'Where it came from';
COMMENT ON COLUMN sessions.active.user_agent IS 'The program it came from, as that program says';
COMMENT ON COLUMN sessions.active.permissions IS 'What it may do';
COMMENT ON COLUMN sessions.active.created_at IS 'When it began';
COMMENT ON COLUMN sessions.active.last_activity IS 'When it was last used';
COMMENT ON COLUMN sessions.active.expires_at IS 'From when on it no longer counts';
COMMENT ON VIEW sessions.live IS 'The sessions that have not expired';
COMMENT ON COLUMN sessions.live.session_id IS 'The session, as logs may name it; no secret';
COMMENT ON COLUMN sessions.live.session_token IS 'The hash of its token, see sessions.active';
COMMENT ON COLUMN sessions.live.agent_id IS 'The agent whose session it is, if it is one''s';
COMMENT ON COLUMN sessions.live.user_id IS 'The user whose session it is, if it is one''s';
COMMENT ON COLUMN sessions.live.session_type IS 'What it is for: interactive, api, system, background';
COMMENT ON COLUMN sessions.live.session_data IS 'What the application keeps for it';
COMMENT ON COLUMN sessions.live.preferences IS 'What its user prefers';
COMMENT ON COLUMN sessions.live.ip_address IS 'Where it came from';
COMMENT ON COLUMN sessions.live.user_agent IS 'The program it came from, as that program says';
COMMENT ON COLUMN sessions.live.permissions IS 'What it may do';
COMMENT ON COLUMN sessions.live.created_at IS 'When it began';
COMMENT ON COLUMN sessions.live.last_activity IS 'When it was last used';
COMMENT ON COLUMN sessions.live.expires_at IS 'From when on it no longer counts';
COMMENT ON FUNCTION sessions.hash_token(TEXT) IS
  'What sessions.active stores for a token: sha256: and its SHA-256; refuses tokens below 32 characters';
COMMENT ON FUNCTION sessions.reap_expired(INTEGER) IS
  'Deletes expired sessions, the oldest first, at most as many as given; returns how many. Several may run at once';

GRANT SELECT, INSERT, UPDATE, DELETE ON sessions.active TO app_primary;
-- UPDATE: the reaper locks the rows that it is about to delete.
GRANT SELECT, UPDATE, DELETE ON sessions.active TO app_background;
GRANT SELECT ON sessions.active TO app_replica;
GRANT SELECT ON sessions.live TO app_primary, app_background, app_replica;
REVOKE EXECUTE ON FUNCTION sessions.hash_token(TEXT), sessions.reap_expired(INTEGER) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sessions.hash_token(TEXT) TO app_primary, app_background, app_replica;
GRANT EXECUTE ON FUNCTION sessions.reap_expired(INTEGER) TO app_primary, app_background;
