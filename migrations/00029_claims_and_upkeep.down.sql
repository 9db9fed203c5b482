-- What is noted there is seen to first: nobody looks for it afterwards.
DO $do$
BEGIN
  WHILE tasks.catch_up() > 0 LOOP
    NULL;
  END LOOP;
END
$do$;

-- p_after: per task type and, within it, per priority from critical to low, the time before which nothing is looked for.
-- Whoever claims again and again passes what it saw last: while an old transaction is open, PostgreSQL cannot
-- clean away the entries that were claimed, and would walk over all of them each time.
CREATE OR REPLACE FUNCTION tasks.claim(
  p_agent_id UUID,
  p_task_types TEXT[],
  p_limit INTEGER DEFAULT 1,
  p_lease INTERVAL DEFAULT '30 seconds',
  p_after TIMESTAMPTZ[] DEFAULT NULL,
  p_durable BOOLEAN DEFAULT TRUE
) RETURNS TABLE (
  task_id UUID, task_type VARCHAR, fencing_token BIGINT, priority public.task_priority_type, run_at TIMESTAMPTZ,
  payload JSONB, configuration JSONB, metadata JSONB, task_name VARCHAR, created_by_agent_id UUID,
  parent_task_id UUID, created_at TIMESTAMPTZ, expires_at TIMESTAMPTZ, lease_expires_at TIMESTAMPTZ,
  max_execution_ms DOUBLE PRECISION, max_retries INTEGER, retry_count INTEGER, order_key VARCHAR, unique_key VARCHAR
)
LANGUAGE plpgsql
AS $body$
#variable_conflict use_column
DECLARE
  v_now CONSTANT TIMESTAMPTZ := clock_timestamp();
  -- Milliseconds since 2020, in 40 bits.
  v_clock CONSTANT BIGINT := (EXTRACT(epoch FROM v_now) * 1000 - 1577836800000)::BIGINT & 1099511627775;
  v_lock_timeout CONSTANT TEXT := current_setting('lock_timeout');
  v_is_terminated BOOLEAN;
  v_is_careful BOOLEAN := FALSE;
  v_found INTEGER;
  v_seen UUID[];
  v_held UUID[] := '{}';
  v_more INTEGER;
  v_sweep INTEGER;
  v_type TEXT;
  v_place INTEGER := 0;
  v_allowed INTEGER;
  v_left INTEGER := p_limit;
  v_rows TID[];
  v_ids UUID[];
  v_times TIMESTAMPTZ[];
  v_priorities public.task_priority_type[];
  v_priority public.task_priority_type;
  v_claimed INTEGER;
  v_started INTEGER;
  v_all UUID[] := '{}';
BEGIN
  IF p_limit IS NULL OR p_limit < 1 THEN
    RAISE EXCEPTION 'cannot claim at most % tasks', COALESCE(p_limit::TEXT, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a limit of 1 or more.';
  END IF;
  -- An attempt is recorded under its agent, so the agent must be there until it ends; see tasks.keep_worker().
  SELECT a.status = 'terminated' INTO v_is_terminated
  FROM agents.registry AS a WHERE a.agent_id = p_agent_id FOR KEY SHARE;
  IF v_is_terminated THEN
    RAISE EXCEPTION 'agent % is terminated, so it cannot claim tasks', p_agent_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_by_living_agent',
        HINT = 'Register a new agent, or claim as another one.';
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'agent % does not exist, so it cannot claim tasks', COALESCE(p_agent_id::TEXT, 'NULL')
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'executions_agent_id_fkey',
        HINT = 'Register the agent first.';
  END IF;
  -- A claim that a crash forgets harms nothing: the task is simply ready again. So it need not wait for the disk.
  IF NOT p_durable THEN
    PERFORM set_config('synchronous_commit', 'off', TRUE);
  END IF;

  -- In a fixed order: others may name the same types in another one.
  IF cardinality(p_task_types) > 1 THEN
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', TRUE);
      PERFORM FROM tasks.type_limits AS l
      WHERE l.task_type = ANY (p_task_types)
      ORDER BY l.task_type
      FOR NO KEY UPDATE;
      PERFORM set_config('lock_timeout', v_lock_timeout, TRUE);
    EXCEPTION WHEN lock_not_available THEN
      -- One of them is held for long: tasks.claimable() leaves it out.
      NULL;
    END;
  END IF;

  FOREACH v_type IN ARRAY p_task_types LOOP
    v_place := v_place + 1;
    v_allowed := tasks.claimable(v_type, v_left);
    CONTINUE WHEN v_allowed = 0;

    -- Again where some were ready no longer: they must not keep this call from those behind them. It comes to an end: each
    -- round removes rows, or learns of tasks that somebody holds.
    v_started := 0;
    v_more := 0;
    v_sweep := 16;
    LOOP
      -- Somebody may hold a task, as one who adds a task that waits for it and does not come to an end. Then it is passed
      -- over. All rows are locked in here: one locked outside and changed inside would take a multixact.
      BEGIN
        SELECT
          array_agg(c.row_id), array_agg(c.task_id), array_agg(c.run_at), array_agg(c.priority),
          CASE WHEN min(c.priority) = max(c.priority) THEN min(c.priority) END
        INTO v_rows, v_ids, v_times, v_priorities, v_priority
        FROM (
          SELECT r.row_id, r.task_id, r.run_at, p.priority::public.task_priority_type AS priority
          FROM (
            VALUES ('critical', 1), ('urgent', 2), ('high', 3), ('normal', 4), ('low', 5)
          ) AS p (priority, rank)
          CROSS JOIN (VALUES (p_agent_id), ('00000000-0000-0000-0000-000000000000'::UUID)) AS a (agent_id)
          CROSS JOIN LATERAL (
            SELECT r.ctid AS row_id, r.task_id, r.run_at
            FROM tasks.ready AS r
            WHERE r.task_type = v_type
              AND r.assigned_agent_id = a.agent_id
              AND r.priority = p.priority::public.task_priority_type
              AND r.run_at >= COALESCE(p_after[(v_place - 1) * 5 + p.rank], '-infinity')
              AND r.run_at <= v_now
              -- Left where tasks.expire_tasks() finds it.
              AND (r.expires_at IS NULL OR r.expires_at > v_now)
              AND r.task_id <> ALL (v_held)
            ORDER BY r.run_at, r.seq
            LIMIT v_allowed - v_started + v_more
            FOR UPDATE SKIP LOCKED
          ) AS r
          LIMIT v_allowed - v_started + v_more
        ) AS c;
        EXIT WHEN v_ids IS NULL;
        v_found := cardinality(v_ids);
        v_seen := v_ids;

        IF v_is_careful THEN
          SELECT
            COALESCE(array_agg(f.row_id), '{}'), COALESCE(array_agg(f.task_id), '{}'), COALESCE(array_agg(f.run_at), '{}')
          INTO v_rows, v_ids, v_times
          FROM (
            SELECT g.row_id, g.task_id, g.run_at
            FROM unnest(v_rows, v_ids, v_times) WITH ORDINALITY AS g (row_id, task_id, run_at, place)
            JOIN tasks.queue AS q ON q.task_id = g.task_id AND q.task_type = v_type
            WHERE q.task_id = ANY (v_ids)
            ORDER BY g.place
            LIMIT v_allowed - v_started
            FOR NO KEY UPDATE OF q SKIP LOCKED
          ) AS f;
          v_held := v_held || ARRAY(SELECT s.task_id FROM unnest(v_seen) AS s (task_id) WHERE s.task_id <> ALL (v_ids));
        ELSE
          PERFORM set_config('lock_timeout', '100ms', TRUE);
        END IF;
        DELETE FROM tasks.ready AS r WHERE r.ctid = ANY (v_rows);

        RETURN QUERY
          WITH claimed AS (
            UPDATE tasks.queue AS q
            SET
              status = 'running',
              fencing_token = (((q.fencing_token >> 40) + 1) << 40) | v_clock,
              started_at = GREATEST(v_now, q.created_at),
              -- It has one when its status was set back by hand.
              completed_at = NULL,
              updated_at = now()
            WHERE q.task_id = ANY (v_ids)
              AND q.task_type = v_type
              AND q.status = 'pending'
              -- A place that it had before its priority was changed does not count.
              AND (q.priority = v_priority OR (v_priority IS NULL AND (q.task_id, q.priority) IN (
                SELECT s.task_id, s.priority FROM unnest(v_seen, v_priorities) AS s (task_id, priority)
              )))
              AND (q.scheduled_at IS NULL OR q.scheduled_at <= v_now)
              AND (q.expires_at IS NULL OR q.expires_at > v_now)
              AND (q.assigned_agent_id IS NULL OR q.assigned_agent_id = p_agent_id)
            RETURNING q.*
          ),
          leased AS (
            INSERT INTO tasks.leases (task_id, task_type, agent_id, fencing_token, started_at, heartbeat_at, expires_at)
            SELECT c.task_id, c.task_type, p_agent_id, c.fencing_token, c.started_at, v_now, v_now + p_lease
            FROM claimed AS c
            RETURNING task_id
          )
          SELECT
            c.task_id::UUID, c.task_type, c.fencing_token, c.priority, o.run_at, c.payload, c.configuration, c.metadata,
            c.task_name, c.created_by_agent_id::UUID, c.parent_task_id::UUID, c.created_at, c.expires_at,
            v_now + p_lease, EXTRACT(epoch FROM c.max_execution_time)::DOUBLE PRECISION * 1000,
            c.max_retries, c.retry_count, c.order_key, c.unique_key
          FROM claimed AS c
          -- So that nothing is returned before all is written: what was returned stays when the rest is undone.
          JOIN leased AS l ON l.task_id = c.task_id
          JOIN (
            -- A task may stand there twice.
            SELECT u.task_id, min(u.run_at) AS run_at, min(u.place) AS place
            FROM unnest(v_ids, v_times) WITH ORDINALITY AS u (task_id, run_at, place)
            GROUP BY u.task_id
          ) AS o ON o.task_id = c.task_id
          ORDER BY o.place;
        GET DIAGNOSTICS v_claimed = ROW_COUNT;
        PERFORM set_config('lock_timeout', v_lock_timeout, TRUE);
      EXCEPTION WHEN lock_not_available THEN
        IF v_is_careful THEN
          RAISE;
        END IF;
        v_is_careful := TRUE;
        CONTINUE;
      END;
      v_started := v_started + v_claimed;
      v_all := v_all || v_ids;
      EXIT WHEN v_started = v_allowed OR v_claimed = v_found;
      IF v_claimed < cardinality(v_ids) THEN
        PERFORM tasks.sweep_ready(p_agent_id, v_type, v_sweep);
        v_sweep := LEAST(v_sweep * 4, 4096);
      END IF;
      -- Twice as many each time, where all are held; no more than needed otherwise, for they stay locked.
      v_more := CASE WHEN v_claimed = 0 THEN cardinality(v_held) ELSE 0 END;
    END LOOP;
    v_left := v_left - v_started;
    UPDATE tasks.type_limits AS l SET rate_tokens = l.rate_tokens - v_started
    WHERE l.task_type = v_type AND l.rate_limit IS NOT NULL;
    EXIT WHEN v_left < 1;
  END LOOP;

  IF EXISTS (
    SELECT FROM tasks.dependencies AS d WHERE d.depends_on_task_id = ANY (v_all) AND d.dependency_type = 'start'
  ) THEN
    PERFORM tasks.settle(tasks.unblock(ARRAY(
      SELECT d.task_id::UUID FROM tasks.dependencies AS d
      WHERE d.depends_on_task_id = ANY (v_all) AND d.dependency_type = 'start'
    )));
  END IF;
END
$body$;

-- Attempts whose worker was not heard of until the lease ran out have failed; the tasks are tried again as after any
-- failure.
CREATE OR REPLACE FUNCTION tasks.expire_leases(p_limit INTEGER DEFAULT 1000) RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  v_ids UUID[];
  v_tokens BIGINT[];
BEGIN
  SELECT array_agg(l.task_id), array_agg(l.fencing_token) INTO v_ids, v_tokens
  FROM (
    SELECT l.task_id, l.fencing_token FROM tasks.leases AS l
    WHERE l.expires_at < clock_timestamp()
    ORDER BY l.task_id
    LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  ) AS l;
  PERFORM FROM tasks.fail(
    v_ids, v_tokens, array_fill('the lease ran out: the worker was not heard of'::TEXT, ARRAY[COALESCE(cardinality(v_ids), 0)])
  );
  RETURN COALESCE(cardinality(v_ids), 0);
END
$body$;

-- Tasks that expired before anybody began with them are cancelled.
CREATE OR REPLACE FUNCTION tasks.expire_tasks(p_limit INTEGER DEFAULT 1000) RETURNS INTEGER
LANGUAGE plpgsql
SET xmlbinary = 'hex'
AS $body$
DECLARE
  v_expired UUID[];
  v_cancelled UUID[];
BEGIN
  WITH gone AS (
    DELETE FROM tasks.ready AS r
    WHERE r.ctid = ANY (ARRAY(
      SELECT e.ctid FROM tasks.ready AS e
      WHERE e.expires_at <= clock_timestamp()
      ORDER BY e.expires_at
      LIMIT p_limit
      FOR UPDATE SKIP LOCKED
    ))
    RETURNING r.task_id
  )
  SELECT COALESCE(array_agg(g.task_id), '{}') INTO v_expired FROM gone AS g;
  WITH cancelled AS (
    UPDATE tasks.queue AS q
    SET status = 'cancelled', completed_at = GREATEST(clock_timestamp(), q.created_at), updated_at = now()
    WHERE q.task_id = ANY (v_expired) AND q.status = 'pending' AND q.expires_at <= clock_timestamp()
    RETURNING q.task_id
  )
  SELECT COALESCE(array_agg(c.task_id), '{}') INTO v_cancelled FROM cancelled AS c;
  PERFORM tasks.settle(v_cancelled);
  RETURN cardinality(v_cancelled);
END
$body$;

-- How many tasks of a type may be claimed now, by its row in tasks.type_limits, which stays locked; none while somebody
-- else holds that row for longer than a moment.
CREATE OR REPLACE FUNCTION tasks.claimable(p_task_type TEXT, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  v_lock_timeout CONSTANT TEXT := current_setting('lock_timeout');
  v_limit tasks.type_limits;
  v_tokens DOUBLE PRECISION;
  v_allowed INTEGER := p_limit;
BEGIN
  SELECT * INTO v_limit FROM tasks.type_limits AS l WHERE l.task_type = p_task_type FOR NO KEY UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    IF NOT EXISTS (SELECT FROM tasks.type_limits AS l WHERE l.task_type = p_task_type) THEN
      RETURN p_limit;
    END IF;
    -- Another claim holds it for a moment. An open transaction may hold it for long, and must not stop other types.
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', TRUE);
      SELECT * INTO v_limit FROM tasks.type_limits AS l WHERE l.task_type = p_task_type FOR NO KEY UPDATE;
      PERFORM set_config('lock_timeout', v_lock_timeout, TRUE);
    EXCEPTION WHEN lock_not_available THEN
      RETURN 0;
    END;
  END IF;
  IF v_limit.is_paused THEN
    RETURN 0;
  END IF;
  IF v_limit.max_running IS NOT NULL THEN
    v_allowed := LEAST(v_allowed, v_limit.max_running - (
      SELECT count(*) FROM tasks.leases AS l WHERE l.task_type = p_task_type
    )::INTEGER);
  END IF;
  IF v_limit.rate_limit IS NOT NULL THEN
    -- A bucket that fills evenly and holds the tokens of one period: the limit at once, as much again evenly within the
    -- next period. A clock that went back adds nothing.
    v_tokens := LEAST(
      v_limit.rate_limit,
      v_limit.rate_tokens + v_limit.rate_limit * CASE
        WHEN v_limit.rate_refilled_at IS NULL THEN 1
        ELSE GREATEST(EXTRACT(epoch FROM clock_timestamp() - v_limit.rate_refilled_at), 0)
          / EXTRACT(epoch FROM v_limit.rate_period)
      END
    );
    UPDATE tasks.type_limits AS l SET rate_tokens = v_tokens, rate_refilled_at = clock_timestamp()
    WHERE l.task_type = p_task_type;
    v_allowed := LEAST(v_allowed, floor(v_tokens)::INTEGER);
  END IF;
  RETURN GREATEST(v_allowed, 0);
END
$body$;

CREATE OR REPLACE FUNCTION tasks.complete(
  p_task_ids UUID[],
  p_fencing_tokens BIGINT[],
  p_results JSONB[] DEFAULT NULL,
  p_execution_ids UUID[] DEFAULT NULL
) RETURNS SETOF UUID
LANGUAGE plpgsql
SET xmlbinary = 'hex'
-- By the key, so that rows are locked in its order: whoever lets tasks wait for these locks them in that order, too.
SET enable_seqscan = off SET enable_bitmapscan = off
AS $body$
DECLARE
  v_now CONSTANT TIMESTAMPTZ := clock_timestamp();
  -- UUIDs of version 7 that differ in their last six digits: they cost less than random ones, and stand together in
  -- their index.
  v_random CONSTANT TEXT := replace(gen_random_uuid()::TEXT, '-', '');
  v_execution_id CONSTANT TEXT := lpad(to_hex((EXTRACT(epoch FROM v_now) * 1000)::BIGINT), 12, '0')
    || '7' || substr(v_random, 1, 3) || substr(v_random, 17, 10);
  v_ids UUID[];
  v_types TEXT[];
  v_type TEXT;
  v_unsettled UUID[] := '{}';
BEGIN
  -- The lease goes first: whoever takes it away is the one who may end the attempt. By its key, not by its place: a
  -- heartbeat may move it meanwhile.
  WITH released AS (
    DELETE FROM tasks.leases AS l
    WHERE l.task_id = ANY (p_task_ids) AND (l.task_id, l.fencing_token) IN (
      SELECT g.task_id, g.fencing_token FROM unnest(p_task_ids, p_fencing_tokens) AS g (task_id, fencing_token)
    )
    RETURNING l.task_id, l.task_type, l.agent_id, l.fencing_token, l.started_at
  ),
  recorded AS (
    INSERT INTO tasks.executions (
      execution_id, task_id, task_type, agent_id, execution_attempt, started_at, completed_at, status, result
    )
    SELECT
      COALESCE(p_execution_ids[g.place], (v_execution_id || lpad(to_hex(g.place), 6, '0'))::UUID),
      r.task_id, r.task_type, r.agent_id, tasks.attempt_of(r.fencing_token), r.started_at, GREATEST(v_now, r.started_at),
      'completed', COALESCE(p_results[g.place], 'null')
    FROM released AS r
    JOIN unnest(p_task_ids, p_fencing_tokens) WITH ORDINALITY AS g (task_id, fencing_token, place)
      ON g.task_id = r.task_id AND g.fencing_token = r.fencing_token
  )
  SELECT array_agg(r.task_id), array_agg(DISTINCT r.task_type::TEXT) INTO v_ids, v_types FROM released AS r;
  IF v_ids IS NULL THEN
    RETURN;
  END IF;

  FOREACH v_type IN ARRAY v_types LOOP
    WITH completed AS (
      UPDATE tasks.queue AS q
      SET status = 'completed', completed_at = GREATEST(v_now, q.started_at, q.created_at), updated_at = now()
      WHERE q.task_id = ANY (v_ids) AND q.task_type = v_type AND q.status = 'running'
      RETURNING q.task_id, q.order_key, q.unique_key
    )
    SELECT v_unsettled || COALESCE(
      array_agg(c.task_id) FILTER (WHERE c.order_key IS NOT NULL OR c.unique_key IS NOT NULL), '{}'
    )
    INTO v_unsettled FROM completed AS c;
  END LOOP;
  v_unsettled := v_unsettled || ARRAY(
    SELECT DISTINCT d.depends_on_task_id::UUID FROM tasks.dependencies AS d WHERE d.depends_on_task_id = ANY (v_ids)
  );
  PERFORM tasks.settle(v_unsettled);
  RETURN QUERY SELECT unnest(v_ids);
END
$body$;

-- Of tasks that wait for others: lets go those that need not wait any longer, and cancels those that would wait for
-- ever. Returns what it cancelled.
CREATE OR REPLACE FUNCTION tasks.unblock(p_task_ids UUID[]) RETURNS UUID[]
LANGUAGE plpgsql
SET xmlbinary = 'hex'
AS $body$
DECLARE
  v_doomed UUID[];
  v_free UUID[];
BEGIN
  -- Two that a task waits for may end at once: the second to come here sees what the first one did.
  PERFORM FROM tasks.queue AS q
  WHERE q.task_id = ANY (p_task_ids) AND q.status = 'queued'
  ORDER BY q.task_id
  FOR NO KEY UPDATE;

  SELECT
    COALESCE(array_agg(t.task_id) FILTER (WHERE t.is_doomed), '{}'),
    COALESCE(array_agg(t.task_id) FILTER (WHERE NOT t.is_doomed AND NOT t.is_blocked), '{}')
  INTO v_doomed, v_free
  FROM (
    SELECT
      q.task_id,
      COALESCE(waits.is_doomed, FALSE) AS is_doomed,
      COALESCE(waits.is_blocked, FALSE) OR (
        q.order_key IS NOT NULL AND q.task_id <> (
          SELECT o.task_id FROM tasks.order_queue AS o
          WHERE o.task_type = q.task_type AND o.order_key = q.order_key
          ORDER BY o.seq LIMIT 1
        )
      ) AS is_blocked
    FROM tasks.queue AS q
    LEFT JOIN LATERAL (
      SELECT
        bool_or(NOT m.is_met AND m.has_failed AND d.on_failure = 'cancel') AS is_doomed,
        bool_or(NOT m.is_met AND NOT (m.has_failed AND d.on_failure = 'ignore')) AS is_blocked
      FROM tasks.dependencies AS d
      JOIN tasks.queue AS other ON other.task_id = d.depends_on_task_id AND other.task_type = d.depends_on_task_type
      CROSS JOIN LATERAL (
        SELECT
          other.status IN ('failed', 'cancelled') AS has_failed,
          CASE d.dependency_type
            WHEN 'start' THEN other.started_at IS NOT NULL OR other.status = 'completed'
            WHEN 'resource' THEN other.status IN ('completed', 'failed', 'cancelled')
            ELSE other.status = 'completed'
          END AS is_met
      ) AS m
      WHERE d.task_id = q.task_id
    ) AS waits ON TRUE
    WHERE q.task_id = ANY (p_task_ids) AND q.status = 'queued'
  ) AS t;

  UPDATE tasks.queue AS q
  SET status = 'cancelled', completed_at = GREATEST(clock_timestamp(), q.created_at), updated_at = now()
  WHERE q.task_id = ANY (v_doomed) AND q.status = 'queued';
  UPDATE tasks.queue AS q SET status = 'pending', updated_at = now()
  WHERE q.task_id = ANY (v_free) AND q.status = 'queued';
  RETURN v_doomed;
END
$body$;

-- After tasks have ended: their unique keys are free again, and whoever waited for them goes on, or is cancelled too.
CREATE OR REPLACE FUNCTION tasks.settle(p_task_ids UUID[]) RETURNS VOID
LANGUAGE plpgsql
AS $body$
DECLARE
  v_ended UUID[] := p_task_ids;
  v_waiting UUID[];
BEGIN
  WHILE cardinality(v_ended) > 0 LOOP
    -- In the order in which they are taken.
    PERFORM FROM tasks.unique_keys AS k
    WHERE k.task_id = ANY (v_ended)
    ORDER BY k.task_type, k.unique_key
    FOR UPDATE;
    DELETE FROM tasks.unique_keys AS k WHERE k.task_id = ANY (v_ended);
    v_waiting := tasks.next_in_line(v_ended) || ARRAY(
      SELECT DISTINCT d.task_id::UUID FROM tasks.dependencies AS d WHERE d.depends_on_task_id = ANY (v_ended)
    );
    EXIT WHEN cardinality(v_waiting) = 0;
    v_ended := tasks.unblock(v_waiting);
  END LOOP;
END
$body$;

-- A foreign key of tasks.leases would be asked for every claim; this is asked when an agent is removed.
CREATE OR REPLACE FUNCTION tasks.keep_worker() RETURNS TRIGGER
LANGUAGE plpgsql
AS $body$
BEGIN
  IF EXISTS (SELECT FROM tasks.leases AS l WHERE l.agent_id = OLD.agent_id) THEN
    RAISE EXCEPTION 'agent % works on tasks', OLD.agent_id
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'executions_agent_id_fkey', SCHEMA = 'tasks',
        TABLE = 'leases', HINT = 'Let its tasks end, or their leases run out, first.';
  END IF;
  RETURN OLD;
END
$body$;

-- The keys first: whoever gets one may insert its task. Returns the tasks that may be inserted. A key that another
-- task has is locked until the caller ends, so that this task is still there when the caller is told of it.
CREATE OR REPLACE FUNCTION tasks.take_unique_keys(p_tasks JSONB) RETURNS JSONB
LANGUAGE plpgsql
AS $body$
BEGIN
  INSERT INTO tasks.unique_keys AS k (task_type, unique_key, task_id)
  SELECT DISTINCT ON (t.task_type, t.unique_key) t.task_type, t.unique_key, t.task_id
  FROM ROWS FROM (
    jsonb_to_recordset(p_tasks) AS (task_id UUID, task_type TEXT, unique_key TEXT)
  ) WITH ORDINALITY AS t (task_id, task_type, unique_key, place)
  WHERE t.unique_key IS NOT NULL
    -- A call that is made again must not take the key for a task that has ended since.
    AND NOT EXISTS (SELECT FROM tasks.queue AS q WHERE q.task_id = t.task_id AND q.task_type = t.task_type)
  ORDER BY t.task_type, t.unique_key, t.place
  ON CONFLICT (task_type, unique_key) DO UPDATE SET task_id = k.task_id;

  RETURN (
    SELECT COALESCE(jsonb_agg(t.task ORDER BY t.place), '[]')
    FROM jsonb_array_elements(p_tasks) WITH ORDINALITY AS t (task, place)
    LEFT JOIN tasks.unique_keys AS k
      ON k.task_type = t.task ->> 'task_type' AND k.unique_key = t.task ->> 'unique_key'
    WHERE k.task_id IS NULL OR k.task_id = (t.task ->> 'task_id')::UUID
  );
END
$body$;

-- Takes the unique keys of new tasks and puts those with an order key in line, whoever inserts them.
CREATE OR REPLACE FUNCTION tasks.admit() RETURNS TRIGGER
LANGUAGE plpgsql
-- Planned once for all the calls of a session, perhaps while the queue was empty.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $body$
DECLARE
  v_taken RECORD;
  v_in_line UUID[];
BEGIN
  -- Leases and keys know a task by its id alone. Counted first, in one pass over the index.
  IF (SELECT count(*) FROM new_tasks) < (
    SELECT count(*) FROM tasks.queue AS q WHERE q.task_id = ANY (ARRAY(SELECT n.task_id::UUID FROM new_tasks AS n))
  ) THEN
    SELECT n.task_id, other.task_type INTO v_taken
    FROM new_tasks AS n
    JOIN tasks.queue AS other ON other.task_id = n.task_id AND other.task_type <> n.task_type
    LIMIT 1;
    RAISE EXCEPTION 'task % exists already, with type %', v_taken.task_id, v_taken.task_type
      USING ERRCODE = 'unique_violation', CONSTRAINT = 'queue_pkey',
        HINT = 'Give each task an id of its own, or leave the id out.';
  END IF;
  INSERT INTO tasks.ready (task_type, assigned_agent_id, priority, run_at, task_id, expires_at)
  SELECT
    n.task_type, COALESCE(n.assigned_agent_id, '00000000-0000-0000-0000-000000000000'), n.priority,
    COALESCE(n.scheduled_at, now()), n.task_id, n.expires_at
  FROM new_tasks AS n
  WHERE n.status = 'pending' AND n.order_key IS NULL;

  IF EXISTS (SELECT FROM new_tasks AS n WHERE n.unique_key IS NOT NULL) THEN
    INSERT INTO tasks.unique_keys (task_type, unique_key, task_id)
    SELECT n.task_type, n.unique_key, n.task_id
    FROM new_tasks AS n
    WHERE n.unique_key IS NOT NULL AND n.status NOT IN ('completed', 'failed', 'cancelled')
    ORDER BY n.task_type, n.unique_key
    ON CONFLICT (task_type, unique_key) DO NOTHING;
    SELECT k.* INTO v_taken
    FROM new_tasks AS n
    JOIN tasks.unique_keys AS k ON k.task_type = n.task_type AND k.unique_key = n.unique_key AND k.task_id <> n.task_id
    WHERE n.status NOT IN ('completed', 'failed', 'cancelled')
    LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION 'task % of type % has the unique key % already', v_taken.task_id, v_taken.task_type, v_taken.unique_key
        USING ERRCODE = 'unique_violation', CONSTRAINT = 'unique_keys_pkey',
          HINT = 'tasks.enqueue() returns the task that has the key in place of a second one.';
    END IF;
  END IF;

  IF EXISTS (SELECT FROM new_tasks AS n WHERE n.order_key IS NOT NULL) THEN
    v_in_line := ARRAY(
      SELECT n.task_id FROM new_tasks AS n
      WHERE n.order_key IS NOT NULL AND n.status IN ('pending', 'queued', 'paused')
    );
    PERFORM tasks.stand_in_line(v_in_line);
  END IF;
  RETURN NULL;
END
$body$;

DROP FUNCTION tasks.catch_up(INTEGER);
DROP FUNCTION tasks.expire_leases_of(TEXT[], INTEGER, INTERVAL);
DROP FUNCTION tasks.sees_the_past();
DROP TABLE tasks.unsettled;
