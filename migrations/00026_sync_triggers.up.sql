-- The triggers that write what happens into sync.outbox, in the transaction of whoever does it. All of them are
-- disabled here, and sync.enable_events() enables them: a database whose events nobody publishes must not collect them.
--
-- They fire once a statement and look at all its rows together, so that a statement of a thousand rows pays for one
-- insert. What that leaves out: TRUNCATE fires none of them, nor does a write to a partition by its own name, which only
-- the owner of a table may do.
--
-- The upkeep of partitions moves rows by changing their type or their time, or beneath these triggers. Nothing here is an
-- event by that: an update is told only if something else has changed as well. So they need not know of the setting
-- partitions.moving_rows, which anybody could make to hide what he does.
--
-- They run as their owner, whose rights the writers of those tables do not have here. The plans of a session are made
-- once, perhaps for a statement of one row: a nested loop would then compare the old and the new rows of a thousand a
-- million times. So nested loops are off where rows are joined, but for a full join, which is never done by one.

-- Settings that nobody made are NULL, and empty after a transaction that made them.
CREATE FUNCTION sync.setting(p_name TEXT, p_otherwise TEXT) RETURNS TEXT
LANGUAGE sql STABLE PARALLEL SAFE
RETURN COALESCE(NULLIF(current_setting(p_name, TRUE), ''), p_otherwise);

-- What is larger is a reference: its reader finds it in its table.
CREATE FUNCTION sync.if_small(p_name TEXT, p_value JSONB) RETURNS JSONB
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
  WHEN octet_length(p_value::TEXT) <= 65536 THEN jsonb_build_object(p_name, p_value)
  ELSE jsonb_build_object(p_name || '_bytes', octet_length(p_value::TEXT))
END;

-- A key that is renamed is gone under its old name, and there under the new one.
CREATE FUNCTION sync.tell_state() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
  IF TG_OP = 'INSERT' THEN
    WITH told AS (
      INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
      SELECT
        'state', 'put', 'state:' || n.agent_id || ':' || n.state_key,
        'agents.state.' || n.agent_id || '.' || sync.encode_key(n.state_key),
        left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
        CASE
          WHEN octet_length(n.state_value::TEXT) <= 65536 THEN jsonb_build_object(
            'agent_id', n.agent_id, 'state_key', n.state_key, 'operation', 'put', 'version', n.version,
            'checksum', n.checksum, 'expires_at', n.expires_at, 'value', n.state_value
          )
          ELSE jsonb_build_object(
            'agent_id', n.agent_id, 'state_key', n.state_key, 'operation', 'put', 'version', n.version,
            'checksum', n.checksum, 'expires_at', n.expires_at, 'value_bytes', octet_length(n.state_value::TEXT)
          )
        END
      FROM new_rows AS n
      RETURNING event_id, occurred_at
    )
    INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  ELSIF TG_OP = 'UPDATE' THEN
    WITH told AS (
      INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
      SELECT
        'state', CASE WHEN n.agent_id IS NULL THEN 'delete' ELSE 'put' END,
        'state:' || COALESCE(n.agent_id, o.agent_id) || ':' || COALESCE(n.state_key, o.state_key),
        'agents.state.' || COALESCE(n.agent_id, o.agent_id) || '.' || sync.encode_key(COALESCE(n.state_key, o.state_key)),
        left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
        CASE
          WHEN n.agent_id IS NULL THEN jsonb_build_object(
            'agent_id', o.agent_id, 'state_key', o.state_key,
            'operation', 'delete', 'version', o.version
          )
          WHEN octet_length(n.state_value::TEXT) <= 65536 THEN jsonb_build_object(
            'agent_id', n.agent_id, 'state_key', n.state_key, 'operation', 'put', 'version', n.version,
            'checksum', n.checksum, 'expires_at', n.expires_at, 'value', n.state_value
          )
          ELSE jsonb_build_object(
            'agent_id', n.agent_id, 'state_key', n.state_key, 'operation', 'put', 'version', n.version,
            'checksum', n.checksum, 'expires_at', n.expires_at, 'value_bytes', octet_length(n.state_value::TEXT)
          )
        END
      FROM new_rows AS n
      FULL JOIN old_rows AS o ON o.agent_id = n.agent_id AND o.state_key = n.state_key
      WHERE n.version IS DISTINCT FROM o.version OR n.checksum IS DISTINCT FROM o.checksum
        OR n.expires_at IS DISTINCT FROM o.expires_at
      RETURNING event_id, occurred_at
    )
    INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  ELSE
    WITH told AS (
      INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
      SELECT
        'state', 'delete', 'state:' || o.agent_id || ':' || o.state_key,
        'agents.state.' || o.agent_id || '.' || sync.encode_key(o.state_key),
        left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
        jsonb_build_object('agent_id', o.agent_id, 'state_key', o.state_key, 'operation', 'delete', 'version', o.version)
      FROM old_rows AS o
      RETURNING event_id, occurred_at
    )
    INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  END IF;
  RETURN NULL;
END
$body$;

CREATE FUNCTION sync.tell_lifecycle() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
  WITH told AS (
    INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
    SELECT
      'lifecycle', n.event_type, 'agent:' || n.agent_id,
      'agents.lifecycle.' || n.agent_id || '.' || sync.subject_token(n.event_type),
      left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
      jsonb_build_object(
        'event_id', n.event_id, 'agent_id', n.agent_id, 'event_type', n.event_type,
        'previous_status', n.previous_status, 'new_status', n.new_status, 'triggered_by', n.triggered_by,
        'created_at', n.created_at
      ) || sync.if_small('event_data', n.event_data)
    FROM new_rows AS n
    RETURNING event_id, occurred_at
  )
  INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  RETURN NULL;
END
$body$;

CREATE FUNCTION sync.tell_heartbeat() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_nestloop = off
AS $body$
BEGIN
  WITH told AS (
    INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
    SELECT
      'heartbeat', 'heartbeat', 'agent:' || n.agent_id,
      'agents.heartbeat.' || n.agent_id,
      left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
      jsonb_build_object('agent_id', n.agent_id, 'status', n.status, 'last_heartbeat', n.last_heartbeat)
    FROM new_rows AS n
    JOIN old_rows AS o ON o.agent_id = n.agent_id
    WHERE n.last_heartbeat IS DISTINCT FROM o.last_heartbeat
    RETURNING event_id, occurred_at
  )
  INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  RETURN NULL;
END
$body$;

-- The configuration may hold secrets, so it stays where it is: whoever is told reads it there.
CREATE FUNCTION sync.tell_config() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_nestloop = off
AS $body$
BEGIN
  IF TG_OP = 'INSERT' THEN
    WITH told AS (
      INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
      SELECT
        'config', 'put', 'config:' || n.agent_id,
        NULL,
        left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
        jsonb_build_object('agent_id', n.agent_id, 'agent_type', n.agent_type, 'agent_name', n.agent_name)
      FROM new_rows AS n
      RETURNING event_id, occurred_at
    )
    INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  ELSIF TG_OP = 'UPDATE' THEN
    WITH told AS (
      INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
      SELECT
        'config', 'put', 'config:' || n.agent_id,
        NULL,
        left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
        jsonb_build_object('agent_id', n.agent_id, 'agent_type', n.agent_type, 'agent_name', n.agent_name)
      FROM new_rows AS n
      JOIN old_rows AS o ON o.agent_id = n.agent_id
      WHERE (n.agent_type, n.agent_name, n.capabilities, n.configuration)
        IS DISTINCT FROM (o.agent_type, o.agent_name, o.capabilities, o.configuration)
      RETURNING event_id, occurred_at
    )
    INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  ELSE
    WITH told AS (
      INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
      SELECT
        'config', 'delete', 'config:' || o.agent_id,
        NULL,
        left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
        jsonb_build_object('agent_id', o.agent_id, 'agent_type', o.agent_type, 'agent_name', o.agent_name)
      FROM old_rows AS o
      RETURNING event_id, occurred_at
    )
    INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  END IF;
  RETURN NULL;
END
$body$;

-- A task that waits again, to be retried for one, is told when it is started again. What a task is to do is not told, nor
-- the token with which it is completed: whoever works on it claims it.
CREATE FUNCTION sync.tell_task() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_nestloop = off
AS $body$
BEGIN
  IF TG_OP = 'INSERT' THEN
    WITH told AS (
      INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
      SELECT
        'task', 'created', 'task:' || n.task_id,
        'tasks.created.' || sync.subject_token(n.task_type) || '.' || n.task_id,
        left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
        jsonb_build_object(
          'task_id', n.task_id, 'task_type', n.task_type, 'task_name', n.task_name, 'status', n.status,
          'priority', n.priority, 'assigned_agent_id', n.assigned_agent_id,
          'created_by_agent_id', n.created_by_agent_id, 'parent_task_id', n.parent_task_id,
          'retry_count', n.retry_count, 'scheduled_at', n.scheduled_at, 'started_at', n.started_at,
          'completed_at', n.completed_at, 'expires_at', n.expires_at
        )
      FROM new_rows AS n
      RETURNING event_id, occurred_at
    )
    INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  ELSE
    WITH told AS (
      INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
      SELECT
        'task', CASE n.status WHEN 'running' THEN 'started' ELSE n.status::TEXT END, 'task:' || n.task_id,
        'tasks.' || CASE n.status WHEN 'running' THEN 'started' ELSE n.status::TEXT END || '.' || sync.subject_token(n.task_type) || '.' || n.task_id,
        left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
        jsonb_build_object(
          'task_id', n.task_id, 'task_type', n.task_type, 'task_name', n.task_name, 'status', n.status,
          'priority', n.priority, 'assigned_agent_id', n.assigned_agent_id,
          'created_by_agent_id', n.created_by_agent_id, 'parent_task_id', n.parent_task_id,
          'retry_count', n.retry_count, 'scheduled_at', n.scheduled_at, 'started_at', n.started_at,
          'completed_at', n.completed_at, 'expires_at', n.expires_at
        )
      FROM new_rows AS n
      JOIN old_rows AS o ON o.task_id = n.task_id
      WHERE n.status <> o.status AND n.status IN ('running', 'completed', 'failed', 'cancelled')
      RETURNING event_id, occurred_at
    )
    INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  END IF;
  RETURN NULL;
END
$body$;

CREATE FUNCTION sync.tell_message() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
  WITH told AS (
    INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
    SELECT
      'message', 'sent', 'message:' || n.message_id,
      CASE
        WHEN n.to_agent_id IS NOT NULL THEN 'messages.direct.' || n.to_agent_id
        WHEN n.broadcast_to_type IS NOT NULL OR n.channel_type = 'broadcast'
          THEN 'messages.broadcast.' || sync.subject_token(COALESCE(NULLIF(n.broadcast_to_type, ''), 'all'))
        ELSE 'messages.notification.' || COALESCE(n.channel_id::TEXT, n.from_agent_id::TEXT, 'system')
      END,
      left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
      jsonb_build_object(
        'message_id', n.message_id, 'message_type', n.message_type, 'channel_id', n.channel_id,
        'channel_type', n.channel_type, 'from_agent_id', n.from_agent_id, 'to_agent_id', n.to_agent_id,
        'broadcast_to_type', n.broadcast_to_type, 'subject', n.subject, 'correlation_id', n.correlation_id,
        'reply_to', n.reply_to, 'sent_at', n.sent_at, 'expires_at', n.expires_at, 'priority', n.priority
      ) || sync.if_small('payload', n.payload) || sync.if_small('headers', n.headers)
    FROM new_rows AS n
    RETURNING event_id, occurred_at
  )
  INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  RETURN NULL;
END
$body$;

-- Of a session its times and whose it is; never its token, nor that one's hash, nor what the application keeps for it.
CREATE FUNCTION sync.tell_session() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_nestloop = off
AS $body$
BEGIN
  IF TG_OP = 'INSERT' THEN
    WITH told AS (
      INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
      SELECT
        'session', 'put', 'session:' || n.session_id,
        NULL,
        left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
        jsonb_build_object(
          'session_id', n.session_id, 'agent_id', n.agent_id, 'user_id', n.user_id,
          'session_type', n.session_type, 'created_at', n.created_at,
          'last_activity', n.last_activity, 'expires_at', n.expires_at
        )
      FROM new_rows AS n
      RETURNING event_id, occurred_at
    )
    INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  ELSIF TG_OP = 'UPDATE' THEN
    WITH told AS (
      INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
      SELECT
        'session', 'put', 'session:' || n.session_id,
        NULL,
        left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
        jsonb_build_object(
          'session_id', n.session_id, 'agent_id', n.agent_id, 'user_id', n.user_id,
          'session_type', n.session_type, 'created_at', n.created_at,
          'last_activity', n.last_activity, 'expires_at', n.expires_at
        )
      FROM new_rows AS n
      JOIN old_rows AS o ON o.session_id = n.session_id
      WHERE n IS DISTINCT FROM o
      RETURNING event_id, occurred_at
    )
    INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  ELSE
    WITH told AS (
      INSERT INTO sync.outbox (kind, operation, aggregate, subject, origin, tenant, payload)
      SELECT
        'session', 'delete', 'session:' || o.session_id,
        NULL,
        left(sync.setting('sync.origin', 'sql'), 50), sync.setting('app.current_tenant_id', NULL),
        jsonb_build_object('session_id', o.session_id)
      FROM old_rows AS o
      RETURNING event_id, occurred_at
    )
    INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t;
  END IF;
  RETURN NULL;
END
$body$;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_state_insert AFTER INSERT ON agents.state
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_state();
ALTER TABLE agents.state DISABLE TRIGGER sync_state_insert;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_state_update AFTER UPDATE ON agents.state
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_state();
ALTER TABLE agents.state DISABLE TRIGGER sync_state_update;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_state_delete AFTER DELETE ON agents.state
  REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_state();
ALTER TABLE agents.state DISABLE TRIGGER sync_state_delete;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_lifecycle_insert AFTER INSERT ON agents.lifecycle_events
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_lifecycle();
ALTER TABLE agents.lifecycle_events DISABLE TRIGGER sync_lifecycle_insert;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_heartbeat_update AFTER UPDATE ON agents.registry
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_heartbeat();
ALTER TABLE agents.registry DISABLE TRIGGER sync_heartbeat_update;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_config_insert AFTER INSERT ON agents.registry
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_config();
ALTER TABLE agents.registry DISABLE TRIGGER sync_config_insert;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_config_update AFTER UPDATE ON agents.registry
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_config();
ALTER TABLE agents.registry DISABLE TRIGGER sync_config_update;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_config_delete AFTER DELETE ON agents.registry
  REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_config();
ALTER TABLE agents.registry DISABLE TRIGGER sync_config_delete;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_task_insert AFTER INSERT ON tasks.queue
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_task();
ALTER TABLE tasks.queue DISABLE TRIGGER sync_task_insert;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_task_update AFTER UPDATE ON tasks.queue
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_task();
ALTER TABLE tasks.queue DISABLE TRIGGER sync_task_update;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_message_insert AFTER INSERT ON messages.log
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_message();
ALTER TABLE messages.log DISABLE TRIGGER sync_message_insert;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_session_insert AFTER INSERT ON sessions.active
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_session();
ALTER TABLE sessions.active DISABLE TRIGGER sync_session_insert;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_session_update AFTER UPDATE ON sessions.active
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_session();
ALTER TABLE sessions.active DISABLE TRIGGER sync_session_update;

-- smith:accept trigger-on-existing all that follows takes a moment, and the trigger does nothing until it is enabled
CREATE TRIGGER sync_session_delete AFTER DELETE ON sessions.active
  REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sync.tell_session();
ALTER TABLE sessions.active DISABLE TRIGGER sync_session_delete;

COMMENT ON FUNCTION sync.setting(TEXT, TEXT) IS
  'A setting of the session, or something else where nobody made it';
COMMENT ON FUNCTION sync.if_small(TEXT, JSONB) IS
  'An object with a value under a name where its text has at most 64 KiB, else with its size under the name and _bytes';
COMMENT ON FUNCTION sync.tell_state() IS
  'Statement trigger: writes what became of the state of agents into sync.outbox';
COMMENT ON FUNCTION sync.tell_lifecycle() IS
  'Statement trigger: writes what happened to agents into sync.outbox';
COMMENT ON FUNCTION sync.tell_heartbeat() IS
  'Statement trigger: writes heartbeats of agents into sync.outbox';
COMMENT ON FUNCTION sync.tell_config() IS
  'Statement trigger: writes that the set-up of agents changed into sync.outbox';
COMMENT ON FUNCTION sync.tell_task() IS
  'Statement trigger: writes that tasks were created, started or have ended into sync.outbox';
COMMENT ON FUNCTION sync.tell_message() IS
  'Statement trigger: writes sent messages into sync.outbox';
COMMENT ON FUNCTION sync.tell_session() IS
  'Statement trigger: writes what became of sessions into sync.outbox';

REVOKE EXECUTE ON FUNCTION
  sync.setting(TEXT, TEXT),
  sync.if_small(TEXT, JSONB),
  sync.tell_state(),
  sync.tell_lifecycle(),
  sync.tell_heartbeat(),
  sync.tell_config(),
  sync.tell_task(),
  sync.tell_message(),
  sync.tell_session()
  FROM PUBLIC;
