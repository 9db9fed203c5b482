-- A claim of several types gives the most urgent tasks of all of them, where it gave those of the first type first, however
-- little urgent. And when there are fewer than asked for it ends attempts whose lease ran out, where it left them to the
-- upkeep of the queue: as long as nobody ran that, nobody got the task of a worker that had died.
--
-- The upkeep passes over what somebody holds, where it waited for it, and with it all other tasks.
--
-- A transaction of repeatable read or serializable ends tasks right, too, though it does not see who waits for them since it
-- began: it leaves a note of what it ended in tasks.unsettled, and the upkeep looks again.

CREATE TABLE tasks.unsettled (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id public.task_id_type NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

COMMENT ON TABLE tasks.unsettled IS
  'Tasks that were ended, or looked at, by a transaction that could not see what others had done since it began; the upkeep looks again';
COMMENT ON COLUMN tasks.unsettled.seq IS 'The order in which they were noted';
COMMENT ON COLUMN tasks.unsettled.task_id IS 'The task';

GRANT SELECT, INSERT, UPDATE, DELETE ON tasks.unsettled TO app_primary, app_background;
GRANT SELECT ON tasks.unsettled TO app_replica, app_analytics, app_readonly;

-- Whether the statements of the transaction see the database as it was when it began.
CREATE FUNCTION tasks.sees_the_past() RETURNS BOOLEAN
LANGUAGE sql STABLE
RETURN current_setting('transaction_isolation') IN ('repeatable read', 'serializable');

-- Of some types, or all for NULL. What somebody holds is passed over, and so is what cannot be ended without something that
-- somebody holds, or cannot be ended at all: others are looked for in its place, for as long as the patience lasts.
CREATE FUNCTION tasks.expire_leases_of(
  p_task_types TEXT[], p_limit INTEGER, p_patience INTERVAL DEFAULT '3 seconds'
) RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  v_now CONSTANT TIMESTAMPTZ := clock_timestamp();
  v_lock_timeout CONSTANT TEXT := current_setting('lock_timeout');
  v_tried UUID[] := '{}';
  v_ids UUID[];
  v_some UUID[];
  v_ended INTEGER := 0;
BEGIN
  LOOP
    -- Held ones count nothing towards the limit: they would keep the others from it for as long as they are held.
    v_ids := ARRAY(
      SELECT q.task_id::UUID
      FROM tasks.leases AS l
      JOIN tasks.queue AS q ON q.task_id = l.task_id AND q.task_type = l.task_type
      WHERE l.expires_at < v_now AND (p_task_types IS NULL OR l.task_type = ANY (p_task_types))
        AND l.task_id <> ALL (v_tried)
      LIMIT p_limit
      FOR UPDATE OF l SKIP LOCKED
      FOR NO KEY UPDATE OF q SKIP LOCKED
    );
    EXIT WHEN cardinality(v_ids) = 0;
    -- All at once; where that must wait, or fails, one by one, and hardly waiting.
    FOR v_place IN 0..cardinality(v_ids) LOOP
      v_some := CASE v_place WHEN 0 THEN v_ids ELSE v_ids[v_place:v_place] END;
      BEGIN
        PERFORM set_config('lock_timeout', CASE v_place WHEN 0 THEN '100ms' ELSE '2ms' END, TRUE);
        PERFORM FROM tasks.fail(
          v_some,
          ARRAY(
            SELECT l.fencing_token FROM unnest(v_some) WITH ORDINALITY AS u (task_id, place)
            JOIN tasks.leases AS l ON l.task_id = u.task_id
            ORDER BY u.place
          ),
          array_fill('the lease ran out: the worker was not heard of'::TEXT, ARRAY[cardinality(v_some)])
        );
        PERFORM set_config('lock_timeout', v_lock_timeout, TRUE);
        v_ended := v_ended + cardinality(v_some);
        EXIT WHEN v_place = 0;
      EXCEPTION
        WHEN lock_not_available THEN
          NULL;
        -- Whatever is wrong with one, the others are ended.
        WHEN OTHERS THEN
          IF v_place > 0 THEN
            RAISE WARNING 'the attempt at task % whose lease ran out cannot be ended: %', v_some[1], SQLERRM;
          END IF;
      END;
      EXIT WHEN clock_timestamp() > v_now + p_patience;
    END LOOP;
    EXIT WHEN v_ended > 0 OR clock_timestamp() > v_now + p_patience;
    v_tried := v_tried || v_ids;
  END LOOP;
  RETURN v_ended;
END
$body$;

CREATE OR REPLACE FUNCTION tasks.expire_leases(p_limit INTEGER DEFAULT 1000) RETURNS INTEGER
LANGUAGE sql
AS $body$
  SELECT tasks.expire_leases_of(NULL, p_limit)
$body$;

-- Tasks that expired before anybody began with them are cancelled. What somebody holds is passed over, as above.
CREATE OR REPLACE FUNCTION tasks.expire_tasks(p_limit INTEGER DEFAULT 1000) RETURNS INTEGER
LANGUAGE plpgsql
SET xmlbinary = 'hex'
AS $body$
DECLARE
  v_now CONSTANT TIMESTAMPTZ := clock_timestamp();
  v_lock_timeout CONSTANT TEXT := current_setting('lock_timeout');
  v_tried UUID[] := '{}';
  v_rows TID[];
  v_ids UUID[];
  v_some UUID[];
  v_cancelled UUID[];
  v_ended INTEGER := 0;
BEGIN
  -- Of tasks that are gone, or have another type.
  DELETE FROM tasks.ready AS r
  WHERE r.ctid = ANY (ARRAY(
    SELECT e.ctid FROM tasks.ready AS e
    WHERE e.expires_at <= v_now
      AND NOT EXISTS (SELECT FROM tasks.queue AS q WHERE q.task_id = e.task_id AND q.task_type = e.task_type)
    LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  ));
  LOOP
    -- Held ones count nothing towards the limit, as above.
    SELECT array_agg(e.row_id), array_agg(e.task_id) INTO v_rows, v_ids
    FROM (
      SELECT r.ctid AS row_id, r.task_id::UUID AS task_id
      FROM tasks.ready AS r
      JOIN tasks.queue AS q ON q.task_id = r.task_id AND q.task_type = r.task_type
      WHERE r.expires_at <= v_now AND r.task_id <> ALL (v_tried)
      LIMIT p_limit
      FOR UPDATE OF r SKIP LOCKED
      FOR NO KEY UPDATE OF q SKIP LOCKED
    ) AS e;
    EXIT WHEN v_ids IS NULL;
    FOR v_place IN 0..cardinality(v_ids) LOOP
      v_some := CASE v_place WHEN 0 THEN v_ids ELSE v_ids[v_place:v_place] END;
      BEGIN
        PERFORM set_config('lock_timeout', CASE v_place WHEN 0 THEN '100ms' ELSE '2ms' END, TRUE);
        DELETE FROM tasks.ready AS r
        WHERE r.ctid = ANY (ARRAY(
          SELECT u.row_id FROM unnest(v_rows, v_ids) AS u (row_id, task_id) WHERE u.task_id = ANY (v_some)
        ));
        WITH cancelled AS (
          UPDATE tasks.queue AS q
          SET status = 'cancelled', completed_at = GREATEST(clock_timestamp(), q.created_at), updated_at = now()
          WHERE q.task_id = ANY (v_some) AND q.status = 'pending' AND q.expires_at <= v_now
          RETURNING q.task_id
        )
        SELECT COALESCE(array_agg(c.task_id), '{}') INTO v_cancelled FROM cancelled AS c;
        PERFORM tasks.settle(v_cancelled);
        PERFORM set_config('lock_timeout', v_lock_timeout, TRUE);
        v_ended := v_ended + cardinality(v_cancelled);
        EXIT WHEN v_place = 0;
      EXCEPTION WHEN lock_not_available THEN
        NULL;
      END;
      EXIT WHEN clock_timestamp() > v_now + INTERVAL '3 seconds';
    END LOOP;
    EXIT WHEN v_ended > 0 OR clock_timestamp() > v_now + INTERVAL '3 seconds';
    v_tried := v_tried || v_ids;
  END LOOP;
  RETURN v_ended;
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
    -- A claim that counts the leases as they were before this one is told so by the row that changed.
    IF v_allowed > 0 AND v_limit.rate_limit IS NULL THEN
      UPDATE tasks.type_limits AS l SET rate_refilled_at = l.rate_refilled_at WHERE l.task_type = p_task_type;
    END IF;
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
  IF tasks.sees_the_past() THEN
    INSERT INTO tasks.unsettled (task_id)
    SELECT q.task_id FROM tasks.queue AS q WHERE q.task_id = ANY (p_task_ids) AND q.status = 'queued';
  END IF;
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
    IF tasks.sees_the_past() THEN
      INSERT INTO tasks.unsettled (task_id) SELECT u.task_id FROM unnest(v_ended) AS u (task_id);
    END IF;
    v_waiting := tasks.next_in_line(v_ended) || ARRAY(
      SELECT DISTINCT d.task_id::UUID FROM tasks.dependencies AS d WHERE d.depends_on_task_id = ANY (v_ended)
    );
    EXIT WHEN cardinality(v_waiting) = 0;
    v_ended := tasks.unblock(v_waiting);
  END LOOP;
END
$body$;

-- NULL in a transaction that does not see what others did, either: there is nothing that it could know better.
CREATE FUNCTION tasks.catch_up(p_limit INTEGER DEFAULT 1000) RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  v_lock_timeout CONSTANT TEXT := current_setting('lock_timeout');
  v_note RECORD;
  v_done INTEGER := 0;
BEGIN
  IF tasks.sees_the_past() THEN
    RETURN NULL;
  END IF;
  FOR v_note IN
    SELECT n.task_id::UUID AS task_id, array_agg(n.seq) AS places
    FROM (SELECT u.task_id, u.seq FROM tasks.unsettled AS u ORDER BY u.seq LIMIT p_limit FOR UPDATE SKIP LOCKED) AS n
    GROUP BY n.task_id
  LOOP
    BEGIN
      PERFORM set_config('lock_timeout', '10ms', TRUE);
      -- It may be redriven meanwhile, and has not ended then.
      PERFORM FROM tasks.queue AS q WHERE q.task_id = v_note.task_id FOR NO KEY UPDATE;
      DELETE FROM tasks.unsettled AS u WHERE u.seq = ANY (v_note.places);
      PERFORM tasks.settle(
        ARRAY(
          SELECT q.task_id::UUID FROM tasks.queue AS q
          WHERE q.task_id = v_note.task_id AND q.status IN ('completed', 'failed', 'cancelled')
        )
        || tasks.unblock(v_note.task_id || ARRAY(
          SELECT d.task_id::UUID FROM tasks.dependencies AS d WHERE d.depends_on_task_id = v_note.task_id
        ))
      );
      PERFORM set_config('lock_timeout', v_lock_timeout, TRUE);
      v_done := v_done + 1;
    EXCEPTION WHEN lock_not_available THEN
      NULL;
    END;
  END LOOP;
  RETURN v_done;
END
$body$;

-- A foreign key of tasks.leases would be asked for every claim; this is asked when an agent is removed.
CREATE OR REPLACE FUNCTION tasks.keep_worker() RETURNS TRIGGER
LANGUAGE plpgsql
AS $body$
BEGIN
  IF tasks.sees_the_past() THEN
    RAISE EXCEPTION 'an agent cannot be removed in a transaction that is %: it does not see what the agent works on since it began',
      current_setting('transaction_isolation')
      USING ERRCODE = 'feature_not_supported', HINT = 'Remove it in a transaction that is read committed, or in none.';
  END IF;
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
DECLARE
  v_new JSONB;
BEGIN
  -- By what the statement itself returns: a transaction that sees the past sees keys that are free by now.
  WITH taken AS (
  INSERT INTO tasks.unique_keys AS k (task_type, unique_key, task_id)
  SELECT DISTINCT ON (t.task_type, t.unique_key) t.task_type, t.unique_key, t.task_id
  FROM ROWS FROM (
    jsonb_to_recordset(p_tasks) AS (task_id UUID, task_type TEXT, unique_key TEXT)
  ) WITH ORDINALITY AS t (task_id, task_type, unique_key, place)
  WHERE t.unique_key IS NOT NULL
    -- A call that is made again must not take the key for a task that has ended since.
    AND NOT EXISTS (SELECT FROM tasks.queue AS q WHERE q.task_id = t.task_id AND q.task_type = t.task_type)
  ORDER BY t.task_type, t.unique_key, t.place
  ON CONFLICT (task_type, unique_key) DO UPDATE SET task_id = k.task_id
  RETURNING k.task_type, k.unique_key, k.task_id
  )
  SELECT COALESCE(jsonb_agg(t.task ORDER BY t.place), '[]') INTO v_new
  FROM jsonb_array_elements(p_tasks) WITH ORDINALITY AS t (task, place)
  LEFT JOIN taken AS k ON k.task_type = t.task ->> 'task_type' AND k.unique_key = t.task ->> 'unique_key'
  WHERE k.task_id IS NULL OR k.task_id = (t.task ->> 'task_id')::UUID;
  RETURN v_new;
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
      AND NOT EXISTS (
        SELECT FROM tasks.unique_keys AS own
        WHERE own.task_type = n.task_type AND own.unique_key = n.unique_key AND own.task_id = n.task_id
      )
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
  IF tasks.sees_the_past() THEN
    v_unsettled := v_ids;
  ELSE
    v_unsettled := v_unsettled || ARRAY(
      SELECT DISTINCT d.depends_on_task_id::UUID FROM tasks.dependencies AS d WHERE d.depends_on_task_id = ANY (v_ids)
    );
  END IF;
  PERFORM tasks.settle(v_unsettled);
  RETURN QUERY SELECT unnest(v_ids);
END
$body$;

-- p_after: per task type and, within it, per priority from critical to low, the time before which nothing is looked for.
-- Whoever claims again and again passes what it saw last: while an old transaction is open, PostgreSQL cannot
-- clean away the entries that were claimed, and would walk over all of them each time. For the same reason such a
-- claim does not look for leases that ran out.
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
  v_now TIMESTAMPTZ;
  -- Milliseconds since 2020, in 40 bits.
  v_clock BIGINT;
  v_lock_timeout CONSTANT TEXT := current_setting('lock_timeout');
  v_synchronous_commit CONSTANT TEXT := current_setting('synchronous_commit');
  v_is_terminated BOOLEAN;
  v_is_careful BOOLEAN := FALSE;
  v_found INTEGER;
  v_seen UUID[];
  v_held UUID[] := '{}';
  v_more INTEGER;
  v_sweep INTEGER;
  -- What there is, the most urgent first: of which type, by its place, with which priority, critical being 1.
  v_places INTEGER[];
  v_ranks INTEGER[];
  v_step INTEGER;
  v_place INTEGER;
  v_first INTEGER;
  v_last INTEGER;
  v_type TEXT;
  v_exhausted TEXT[];
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

  -- A second time when leases that ran out were ended after the first.
  FOR v_look IN 1..2 LOOP
    v_now := clock_timestamp();
    v_clock := (EXTRACT(epoch FROM v_now) * 1000 - 1577836800000)::BIGINT & 1099511627775;
    v_exhausted := '{}';
    IF cardinality(p_task_types) = 1 THEN
      v_places := '{1,1}';
      v_ranks := '{1,5}';
    ELSE
      -- What there is of each type and priority is only looked at, not locked.
      SELECT array_agg(f.place), array_agg(f.rank) INTO v_places, v_ranks
      FROM (
        SELECT t.place, p.rank
        FROM unnest(p_task_types) WITH ORDINALITY AS t (task_type, place)
        CROSS JOIN (
          VALUES ('critical', 1), ('urgent', 2), ('high', 3), ('normal', 4), ('low', 5)
        ) AS p (priority, rank)
        -- No EXISTS, which might be answered by reading all that is ready.
        WHERE (
          SELECT TRUE FROM tasks.ready AS r
          WHERE r.task_type = t.task_type
            AND r.assigned_agent_id = ANY (ARRAY[p_agent_id, '00000000-0000-0000-0000-000000000000'])
            AND r.priority = p.priority::public.task_priority_type
            AND r.run_at >= COALESCE(p_after[(t.place - 1) * 5 + p.rank], '-infinity')
            AND r.run_at <= v_now
            AND (r.expires_at IS NULL OR r.expires_at > v_now)
          LIMIT 1
        )
        ORDER BY p.rank, t.place
      ) AS f;
    END IF;

    v_step := 0;
    WHILE v_step < COALESCE(cardinality(v_places), 0) LOOP
      v_step := v_step + 1;
      v_place := v_places[v_step];
      v_type := p_task_types[v_place];
      v_first := v_ranks[v_step];
      -- Priorities of a type between which no other type has anything are looked for together.
      WHILE v_places[v_step + 1] = v_place LOOP
        v_step := v_step + 1;
      END LOOP;
      v_last := v_ranks[v_step];
      CONTINUE WHEN v_type = ANY (v_exhausted);
      v_allowed := tasks.claimable(v_type, v_left);
      IF v_allowed = 0 THEN
        v_exhausted := v_exhausted || v_type;
        CONTINUE;
      END IF;

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
              VALUES
                ('critical', 1, p_agent_id), ('critical', 1, '00000000-0000-0000-0000-000000000000'::UUID),
                ('urgent', 2, p_agent_id), ('urgent', 2, '00000000-0000-0000-0000-000000000000'),
                ('high', 3, p_agent_id), ('high', 3, '00000000-0000-0000-0000-000000000000'),
                ('normal', 4, p_agent_id), ('normal', 4, '00000000-0000-0000-0000-000000000000'),
                ('low', 5, p_agent_id), ('low', 5, '00000000-0000-0000-0000-000000000000')
            ) AS p (priority, rank, agent_id)
            CROSS JOIN LATERAL (
              SELECT r.ctid AS row_id, r.task_id, r.run_at
              FROM tasks.ready AS r
              WHERE r.task_type = v_type
                AND r.assigned_agent_id = p.agent_id
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
            WHERE p.rank BETWEEN v_first AND v_last
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
                -- Two tasks of two types may have one id when they were enqueued in one moment: one after the other.
                AND NOT EXISTS (SELECT FROM tasks.leases AS l WHERE l.task_id = q.task_id)
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
        EXCEPTION WHEN lock_not_available OR unique_violation THEN
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

    EXIT WHEN v_left < 1 OR v_look = 2 OR p_after IS NOT NULL;
    EXIT WHEN tasks.expire_leases_of(p_task_types, GREATEST(v_left, 100), INTERVAL '200 milliseconds') = 0;
    -- An attempt that was ended is on record, and stays so.
    PERFORM set_config('synchronous_commit', v_synchronous_commit, TRUE);
  END LOOP;

  IF EXISTS (
    SELECT FROM tasks.dependencies AS d WHERE d.depends_on_task_id = ANY (v_all) AND d.dependency_type = 'start'
  ) THEN
    PERFORM tasks.settle(tasks.unblock(ARRAY(
      SELECT d.task_id::UUID FROM tasks.dependencies AS d
      WHERE d.depends_on_task_id = ANY (v_all) AND d.dependency_type = 'start'
    )));
  END IF;
  -- One may wait for the start of a task since, and not be seen.
  IF tasks.sees_the_past() THEN
    INSERT INTO tasks.unsettled (task_id) SELECT u.task_id FROM unnest(v_all) AS u (task_id);
  END IF;
END
$body$;

COMMENT ON FUNCTION tasks.sees_the_past() IS 'Whether the transaction is one of repeatable read or serializable, which sees nothing of what others did since it began';
COMMENT ON FUNCTION tasks.expire_leases_of(TEXT[], INTEGER, INTERVAL) IS
  'Fails attempts at tasks of some types, or of all for NULL, whose lease ran out, at most as many as given, unless somebody holds what it needs; returns how many';
COMMENT ON FUNCTION tasks.catch_up(INTEGER) IS
  'Lets go, or cancels, who waits for the tasks of tasks.unsettled, of at most as many notes as given; returns how many tasks it looked at; NULL where the transaction itself sees the past';

REVOKE EXECUTE ON FUNCTION
  tasks.sees_the_past(), tasks.expire_leases_of(TEXT[], INTEGER, INTERVAL), tasks.catch_up(INTEGER) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  tasks.sees_the_past(), tasks.expire_leases_of(TEXT[], INTEGER, INTERVAL), tasks.catch_up(INTEGER)
  TO app_primary, app_background;
