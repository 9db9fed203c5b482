-- What workers, and people with psql, do with tasks. Every function takes many tasks at once and may be called by any
-- number of workers at once.
--
-- A worker claims, works, and completes. A claim gives the task a fencing token, a number that grows with each claim,
-- and a lease. The completion must find the lease with that token: a worker that was thought dead and comes back
-- late finds it gone.
--
-- The status says what a task waits for: pending, its time and a worker; queued, other tasks; paused, a person.
--
-- Plain SQL on tasks.queue keeps the queue right where it inserts or deletes rows; changes a status, a time, a priority, an
-- agent, a key; or changes the type of a task without an order key. An attempt that it takes from a worker so is not
-- recorded. It does not see to these, which need tasks.repair_ready() or are better left to the functions: TRUNCATE, triggers
-- that are switched off, a task with an order key that changes its type, a task that is set to running (only a claim gives
-- a lease), and writes to the tables beside the queue. A task that is set to pending by hand waits for nothing, whatever
-- its dependencies say. A task that waits for others, or is paused, expires when it has become pending.

-- Named, so that a client can tell what is missing.
CREATE OR REPLACE FUNCTION tasks.type_of(p_task_id UUID) RETURNS VARCHAR
LANGUAGE plpgsql STABLE
AS $body$
DECLARE
  v_types VARCHAR[] := ARRAY(SELECT q.task_type FROM tasks.queue AS q WHERE q.task_id = p_task_id LIMIT 2);
BEGIN
  IF cardinality(v_types) = 0 THEN
    RAISE EXCEPTION 'task % does not exist', p_task_id
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'task_of_id_fkey';
  END IF;
  IF cardinality(v_types) > 1 THEN
    RAISE EXCEPTION 'task id % exists under the types % and %', p_task_id, v_types[1], v_types[2]
      USING ERRCODE = 'cardinality_violation', HINT = 'Give the type of the task beside its id.';
  END IF;
  RETURN v_types[1];
END
$body$;

-- Rows that became pending take their place among the ready ones.
CREATE FUNCTION tasks.make_ready() RETURNS TRIGGER
LANGUAGE plpgsql
AS $body$
BEGIN
  INSERT INTO tasks.ready (task_type, assigned_agent_id, priority, run_at, task_id, expires_at)
  VALUES (
    NEW.task_type, COALESCE(NEW.assigned_agent_id, '00000000-0000-0000-0000-000000000000'), NEW.priority,
    COALESCE(NEW.scheduled_at, now()), NEW.task_id, NEW.expires_at
  );
  IF OLD.status = 'failed' THEN
    DELETE FROM tasks.dead_letters AS d WHERE d.task_id = NEW.task_id;
  END IF;
  RETURN NULL;
END
$body$;

-- smith:accept trigger-on-existing what follows in this file makes functions and views, which takes a moment
CREATE TRIGGER make_ready AFTER UPDATE ON tasks.queue
  FOR EACH ROW WHEN (
    NEW.status = 'pending' AND (
      OLD.status <> 'pending'
      OR NEW.priority <> OLD.priority
      OR NEW.scheduled_at IS DISTINCT FROM OLD.scheduled_at
      OR NEW.expires_at IS DISTINCT FROM OLD.expires_at
      OR NEW.assigned_agent_id IS DISTINCT FROM OLD.assigned_agent_id
    )
  )
  EXECUTE FUNCTION tasks.make_ready();

-- Takes the unique keys of new tasks and puts those with an order key in line, whoever inserts them.
CREATE FUNCTION tasks.admit() RETURNS TRIGGER
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

-- In a fixed order, so that two who lock several keys do not wait for each other.
CREATE FUNCTION tasks.stand_in_line(p_task_ids UUID[]) RETURNS VOID
LANGUAGE plpgsql
AS $body$
DECLARE
  v_waiting UUID[];
BEGIN
  INSERT INTO tasks.order_keys AS k (task_type, order_key)
  SELECT DISTINCT q.task_type, q.order_key
  FROM tasks.queue AS q
  WHERE q.task_id = ANY (p_task_ids)
  ORDER BY q.task_type, q.order_key
  ON CONFLICT (task_type, order_key) DO UPDATE SET last_enqueued_at = now();
  INSERT INTO tasks.order_queue (task_type, order_key, task_id)
  SELECT q.task_type, q.order_key, q.task_id
  FROM unnest(p_task_ids) WITH ORDINALITY AS t (task_id, place)
  JOIN tasks.queue AS q ON q.task_id = t.task_id
  ORDER BY t.place;
  -- Those that are queued already wait for more than their turn: whoever queued them unblocks them.
  WITH waiting AS (
    UPDATE tasks.queue AS q SET status = 'queued', updated_at = now()
    WHERE q.task_id = ANY (p_task_ids) AND q.status = 'pending'
    RETURNING q.task_id
  )
  SELECT COALESCE(array_agg(w.task_id), '{}') INTO v_waiting FROM waiting AS w;
  PERFORM tasks.settle(tasks.unblock(v_waiting));
END
$body$;

-- Of tasks that wait for others: lets go those that need not wait any longer, and cancels those that would wait for
-- ever. Returns what it cancelled.
CREATE FUNCTION tasks.unblock(p_task_ids UUID[]) RETURNS UUID[]
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
CREATE FUNCTION tasks.settle(p_task_ids UUID[]) RETURNS VOID
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

-- Takes tasks that have ended out of their lines; returns who is first now.
CREATE FUNCTION tasks.next_in_line(p_task_ids UUID[]) RETURNS UUID[]
LANGUAGE plpgsql
AS $body$
DECLARE
  v_types TEXT[];
  v_keys TEXT[];
BEGIN
  SELECT array_agg(line.task_type), array_agg(line.order_key) INTO v_types, v_keys
  FROM (
    SELECT DISTINCT o.task_type, o.order_key FROM tasks.order_queue AS o WHERE o.task_id = ANY (p_task_ids)
  ) AS line;
  IF v_types IS NULL THEN
    RETURN '{}';
  END IF;
  PERFORM FROM tasks.order_keys AS k
  WHERE (k.task_type, k.order_key) IN (SELECT u.t, u.k FROM unnest(v_types, v_keys) AS u (t, k))
  ORDER BY k.task_type, k.order_key
  FOR NO KEY UPDATE;
  DELETE FROM tasks.order_queue AS o WHERE o.task_id = ANY (p_task_ids);
  RETURN ARRAY(
    SELECT first.task_id::UUID
    FROM unnest(v_types, v_keys) AS u (t, k)
    CROSS JOIN LATERAL (
      SELECT o.task_id FROM tasks.order_queue AS o
      WHERE o.task_type = u.t AND o.order_key = u.k
      ORDER BY o.seq LIMIT 1
    ) AS first
  );
END
$body$;

-- Removing a task must not leave its keys, or its lease, behind. A task that moves to another partition is removed too, but
-- is still there.
CREATE FUNCTION tasks.settle_removed() RETURNS TRIGGER
LANGUAGE plpgsql
AS $body$
BEGIN
  IF EXISTS (SELECT FROM tasks.queue AS q WHERE q.task_id = OLD.task_id) THEN
    RETURN NULL;
  END IF;
  DELETE FROM tasks.leases AS l WHERE l.task_id = OLD.task_id;
  PERFORM tasks.settle(ARRAY[OLD.task_id]::UUID[]);
  RETURN NULL;
END
$body$;

-- smith:accept trigger-on-existing its writers are locked out already, by the trigger above
CREATE TRIGGER admit AFTER INSERT ON tasks.queue
  REFERENCING NEW TABLE AS new_tasks
  FOR EACH STATEMENT EXECUTE FUNCTION tasks.admit();
-- smith:accept trigger-on-existing its writers are locked out already, by the trigger above
CREATE TRIGGER settle_removed AFTER DELETE ON tasks.queue
  FOR EACH ROW WHEN (OLD.unique_key IS NOT NULL OR OLD.order_key IS NOT NULL OR OLD.status = 'running')
  EXECUTE FUNCTION tasks.settle_removed();

-- What somebody else than the functions of this file does to a task: its lease goes with the status running, its keys, its
-- place in line and those that wait for it are seen to as after any other end, and it takes its keys again when it comes
-- back. The functions see to all that themselves, for many tasks at once, and say so by a setting that nothing here uses:
-- PostgreSQL lets only superusers make functions with a setting of their own.
CREATE FUNCTION tasks.keep_in_step() RETURNS TRIGGER
LANGUAGE plpgsql
SET xmlbinary = 'hex'
AS $body$
DECLARE
  v_had_ended CONSTANT BOOLEAN := OLD.status IN ('completed', 'failed', 'cancelled');
  v_has_ended CONSTANT BOOLEAN := NEW.status IN ('completed', 'failed', 'cancelled');
  v_attempts BIGINT := tasks.attempt_of(NEW.fencing_token);
BEGIN
  IF OLD.status = 'running' AND NEW.status <> 'running' THEN
    DELETE FROM tasks.leases AS l WHERE l.task_id = NEW.task_id;
  END IF;
  IF NEW.status = 'failed' AND OLD.status <> 'failed' THEN
    INSERT INTO tasks.dead_letters (task_id, task_type, attempts, error_message)
    VALUES (NEW.task_id, NEW.task_type, v_attempts, 'set to failed by hand')
    ON CONFLICT (task_id) DO NOTHING;
  ELSIF OLD.status = 'failed' AND NEW.status <> 'failed' THEN
    DELETE FROM tasks.dead_letters AS d WHERE d.task_id = NEW.task_id;
  END IF;
  IF v_has_ended THEN
    IF NOT v_had_ended THEN
      PERFORM tasks.settle(ARRAY[NEW.task_id]::UUID[]);
    END IF;
    RETURN NULL;
  END IF;

  IF v_had_ended OR NEW.unique_key IS DISTINCT FROM OLD.unique_key THEN
    DELETE FROM tasks.unique_keys AS k WHERE k.task_id = NEW.task_id;
    IF NEW.unique_key IS NOT NULL THEN
      INSERT INTO tasks.unique_keys (task_type, unique_key, task_id)
      VALUES (NEW.task_type, NEW.unique_key, NEW.task_id)
      ON CONFLICT (task_type, unique_key) DO NOTHING;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'another task of type % has the unique key % already', NEW.task_type, NEW.unique_key
          USING ERRCODE = 'unique_violation', CONSTRAINT = 'unique_keys_pkey',
            HINT = 'Let that task end first, or give this one another key.';
      END IF;
    END IF;
  END IF;
  IF v_had_ended OR NEW.order_key IS DISTINCT FROM OLD.order_key THEN
    PERFORM tasks.settle(tasks.unblock(tasks.next_in_line(ARRAY[NEW.task_id]::UUID[])));
    IF NEW.order_key IS NOT NULL THEN
      PERFORM tasks.stand_in_line(ARRAY[NEW.task_id]::UUID[]);
    END IF;
    PERFORM tasks.settle(tasks.unblock(ARRAY[NEW.task_id]::UUID[]));
  END IF;
  RETURN NULL;
END
$body$;

-- Its name lets it run before make_ready.
-- smith:accept trigger-on-existing its writers are locked out already, by the trigger above
CREATE TRIGGER keep_in_step AFTER UPDATE ON tasks.queue
  FOR EACH ROW WHEN (
    (
      NEW.unique_key IS DISTINCT FROM OLD.unique_key
      OR NEW.order_key IS DISTINCT FROM OLD.order_key
      OR (NEW.status <> OLD.status AND (
        OLD.status IN ('running', 'completed', 'failed', 'cancelled') OR NEW.status IN ('completed', 'failed', 'cancelled')
      ))
    )
    AND current_setting('xmlbinary') <> 'hex'
  )
  EXECUTE FUNCTION tasks.keep_in_step();

-- A task that changes its type may move to another partition, where no trigger after an update comes. Its place in a line
-- does not follow: see tasks.repair_ready().
CREATE FUNCTION tasks.follow_type() RETURNS TRIGGER
LANGUAGE plpgsql
AS $body$
BEGIN
  UPDATE tasks.leases AS l SET task_type = NEW.task_type WHERE l.task_id = OLD.task_id;
  UPDATE tasks.unique_keys AS k SET task_type = NEW.task_type WHERE k.task_id = OLD.task_id;
  IF NEW.status = 'pending' THEN
    INSERT INTO tasks.ready (task_type, assigned_agent_id, priority, run_at, task_id, expires_at)
    VALUES (
      NEW.task_type, COALESCE(NEW.assigned_agent_id, '00000000-0000-0000-0000-000000000000'), NEW.priority,
      COALESCE(NEW.scheduled_at, now()), NEW.task_id, NEW.expires_at
    );
  END IF;
  RETURN NEW;
END
$body$;

-- smith:accept trigger-on-existing its writers are locked out already, by the trigger above
CREATE TRIGGER follow_type BEFORE UPDATE ON tasks.queue
  FOR EACH ROW WHEN (
    NEW.task_type <> OLD.task_type AND COALESCE(current_setting('partitions.moving_rows', TRUE), '') <> 'on'
  )
  EXECUTE FUNCTION tasks.follow_type();

-- Who waits for nothing any more goes on, also when what it waited for was removed.
CREATE FUNCTION tasks.settle_dependency() RETURNS TRIGGER
LANGUAGE plpgsql
AS $body$
BEGIN
  IF EXISTS (SELECT FROM tasks.queue AS q WHERE q.task_id = OLD.task_id AND q.status = 'queued') THEN
    PERFORM tasks.settle(tasks.unblock(ARRAY[OLD.task_id]::UUID[]));
  END IF;
  RETURN NULL;
END
$body$;

-- smith:accept trigger-on-existing what follows in this file makes functions and views, which takes a moment
CREATE TRIGGER settle_dependency AFTER DELETE ON tasks.dependencies
  FOR EACH ROW EXECUTE FUNCTION tasks.settle_dependency();

-- The keys first: whoever gets one may insert its task. Returns the tasks that may be inserted. A key that another
-- task has is locked until the caller ends, so that this task is still there when the caller is told of it.
CREATE FUNCTION tasks.take_unique_keys(p_tasks JSONB) RETURNS JSONB
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

CREATE FUNCTION tasks.enqueue(p_tasks JSONB) RETURNS TABLE (task_id UUID, is_new BOOLEAN)
LANGUAGE plpgsql
AS $body$
#variable_conflict use_column
DECLARE
  v_tasks JSONB := p_tasks;
  v_new JSONB;
  v_is_unique BOOLEAN;
  v_inserted UUID[];
  v_doomed UUID[];
BEGIN
  IF jsonb_typeof(v_tasks) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'tasks are given as a JSON array, not as %', COALESCE(jsonb_typeof(v_tasks), 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF jsonb_path_exists(v_tasks, '$[*] ? (!exists(@.task_id))') THEN
    v_tasks := (
      SELECT jsonb_agg(jsonb_build_object('task_id', gen_random_uuid()) || t.task ORDER BY t.place)
      FROM jsonb_array_elements(v_tasks) WITH ORDINALITY AS t (task, place)
    );
  END IF;
  -- Whoever ends tasks locks them, then their keys, then those that wait for them. In the same order here: first what is
  -- waited for and waits for nothing itself; the others are locked with their dependencies.
  IF jsonb_path_exists(v_tasks, '$[*].depends_on') THEN
    PERFORM FROM tasks.queue AS q
    WHERE q.task_id IN (
      SELECT (d.dependency ->> 'task_id')::UUID
      FROM jsonb_array_elements(v_tasks) AS t (task)
      CROSS JOIN LATERAL jsonb_array_elements(t.task -> 'depends_on') AS d (dependency)
    ) AND q.status <> 'queued'
    ORDER BY q.task_id
    FOR SHARE;
  END IF;
  v_is_unique := jsonb_path_exists(v_tasks, '$[*].unique_key ? (@ != null)');
  v_new := CASE WHEN v_is_unique THEN tasks.take_unique_keys(v_tasks) ELSE v_tasks END;

  WITH inserted AS (INSERT INTO tasks.queue AS q (
    task_id, task_type, task_name, assigned_agent_id, created_by_agent_id, parent_task_id, payload, configuration,
    metadata, status, priority, scheduled_at, expires_at, max_execution_time, max_retries, order_key, unique_key
  )
  SELECT
    t.task_id, t.task_type, t.task_name, t.assigned_agent_id, t.created_by_agent_id, t.parent_task_id,
    COALESCE(t.payload, '{}'), COALESCE(t.configuration, '{}'), COALESCE(t.metadata, '{}'),
    CASE WHEN t.depends_on IS NULL THEN 'pending' ELSE 'queued' END::public.task_status_type,
    COALESCE(t.priority, 'normal'),
    COALESCE(t.scheduled_at, now() + t.delay_ms * INTERVAL '1 millisecond'),
    COALESCE(t.expires_at, now() + t.expires_in_ms * INTERVAL '1 millisecond'),
    COALESCE(t.max_execution_ms * INTERVAL '1 millisecond', '1 hour'), COALESCE(t.max_retries, 3),
    t.order_key, t.unique_key
  FROM jsonb_to_recordset(v_new) AS t (
    task_id UUID, task_type TEXT, task_name TEXT, assigned_agent_id UUID, created_by_agent_id UUID,
    parent_task_id UUID, payload JSONB, configuration JSONB, metadata JSONB, priority public.task_priority_type,
    scheduled_at TIMESTAMPTZ, delay_ms BIGINT, expires_at TIMESTAMPTZ, expires_in_ms BIGINT,
    max_execution_ms BIGINT, max_retries INTEGER, order_key TEXT, unique_key TEXT, depends_on JSONB
  )
  -- So that a call whose answer was lost may be made again.
  ON CONFLICT (task_id, task_type) DO NOTHING
  RETURNING q.task_id::UUID)
  SELECT COALESCE(array_agg(i.task_id), '{}') INTO v_inserted FROM inserted AS i;
  -- Those that are there already stay as they are, whatever they wait for by now.
  IF cardinality(v_inserted) < jsonb_array_length(v_new) THEN
    v_new := (
      SELECT COALESCE(jsonb_agg(t.task ORDER BY t.place), '[]')
      FROM jsonb_array_elements(v_new) WITH ORDINALITY AS t (task, place)
      WHERE (t.task ->> 'task_id')::UUID IN (SELECT u.task_id FROM unnest(v_inserted) AS u (task_id))
    );
  END IF;

  IF jsonb_path_exists(v_new, '$[*].depends_on') THEN
    PERFORM tasks.add_dependencies((
      SELECT COALESCE(jsonb_agg(d.dependency || jsonb_build_object('waiting_task_id', t.task -> 'task_id')), '[]')
      FROM jsonb_array_elements(v_new) AS t (task)
      CROSS JOIN LATERAL jsonb_array_elements(t.task -> 'depends_on') AS d (dependency)
    ));
    v_doomed := tasks.unblock(ARRAY(
      SELECT (t.task ->> 'task_id')::UUID FROM jsonb_array_elements(v_new) AS t (task) WHERE t.task ? 'depends_on'
    ));
    PERFORM tasks.settle(v_doomed);
  END IF;

  IF NOT v_is_unique AND cardinality(v_inserted) = jsonb_array_length(v_tasks) THEN
    -- They were inserted in their order.
    RETURN QUERY SELECT u.task_id, TRUE FROM unnest(v_inserted) AS u (task_id);
    RETURN;
  END IF;
  RETURN QUERY
    SELECT COALESCE(k.task_id, t.task_id)::UUID, t.task_id IN (SELECT u.task_id FROM unnest(v_inserted) AS u (task_id))
    FROM ROWS FROM (
      jsonb_to_recordset(v_tasks) AS (task_id UUID, task_type TEXT, unique_key TEXT)
    ) WITH ORDINALITY AS t (task_id, task_type, unique_key, place)
    LEFT JOIN tasks.unique_keys AS k ON k.task_type = t.task_type AND k.unique_key = t.unique_key
    ORDER BY t.place;
END
$body$;

-- Whoever is waited for is locked against ending meanwhile: either its end is seen here, or the dependency there.
CREATE FUNCTION tasks.add_dependencies(p_dependencies JSONB) RETURNS VOID
LANGUAGE plpgsql
AS $body$
DECLARE
  v_missing UUID;
  v_cycle UUID[];
BEGIN
  -- Two that each add a part of a circle do not see each other's part, so one after the other. Nobody else can wait for a
  -- task that was made in this transaction.
  IF EXISTS (
    SELECT FROM jsonb_to_recordset(p_dependencies) AS d (waiting_task_id UUID)
    JOIN tasks.queue AS q ON q.task_id = d.waiting_task_id
    WHERE q.created_at <> now()
  ) THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('tasks.dependencies', 0));
  END IF;
  PERFORM FROM tasks.queue AS q
  WHERE q.task_id IN (SELECT d.task_id FROM jsonb_to_recordset(p_dependencies) AS d (task_id UUID))
  ORDER BY q.task_id
  FOR SHARE;
  SELECT d.task_id INTO v_missing
  FROM jsonb_to_recordset(p_dependencies) AS d (task_id UUID)
  WHERE NOT EXISTS (SELECT FROM tasks.queue AS q WHERE q.task_id = d.task_id)
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'task % does not exist, so none can wait for it', v_missing
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'dependencies_depends_on_fkey';
  END IF;
  INSERT INTO tasks.dependencies (task_id, depends_on_task_id, dependency_type, on_failure)
  SELECT d.waiting_task_id, d.task_id, COALESCE(d.type, 'completion'), COALESCE(d.on_failure, 'cancel')
  FROM jsonb_to_recordset(p_dependencies) AS d (waiting_task_id UUID, task_id UUID, type TEXT, on_failure TEXT)
  ON CONFLICT (task_id, depends_on_task_id) DO UPDATE
    SET dependency_type = EXCLUDED.dependency_type, on_failure = EXCLUDED.on_failure;

  WITH RECURSIVE way (start, task_id) AS (
    SELECT d.waiting_task_id, d.task_id
    FROM jsonb_to_recordset(p_dependencies) AS d (waiting_task_id UUID, task_id UUID)
    UNION
    SELECT w.start, n.depends_on_task_id::UUID
    FROM way AS w JOIN tasks.dependencies AS n ON n.task_id = w.task_id
    WHERE w.task_id <> w.start
  )
  SELECT ARRAY[w.start] INTO v_cycle FROM way AS w WHERE w.task_id = w.start LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'task % would wait for itself', v_cycle[1]
      USING ERRCODE = 'check_violation', CONSTRAINT = 'no_dependency_cycle',
        HINT = 'Follow tasks.dependencies from the task: the tasks it waits for lead back to it.';
  END IF;
END
$body$;

-- Lets a task that nobody works on wait for others. False when it is too late for that.
CREATE FUNCTION tasks.wait_for(p_task_id UUID, p_dependencies JSONB) RETURNS BOOLEAN
LANGUAGE plpgsql
AS $body$
BEGIN
  UPDATE tasks.queue AS q
  SET status = CASE WHEN q.status = 'pending' THEN 'queued' ELSE q.status END, updated_at = now()
  WHERE q.task_id = p_task_id AND q.status IN ('pending', 'queued', 'paused');
  IF NOT FOUND THEN
    RETURN FALSE;
  END IF;
  PERFORM tasks.add_dependencies(p_dependencies);
  PERFORM tasks.settle(tasks.unblock(ARRAY[p_task_id]));
  RETURN TRUE;
END
$body$;

-- How many tasks of a type may be claimed now, by its row in tasks.type_limits, which stays locked; none while somebody
-- else holds that row for longer than a moment.
CREATE FUNCTION tasks.claimable(p_task_type TEXT, p_limit INTEGER) RETURNS INTEGER
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

-- A fencing token is which claim of the task it is, and in its lower 40 bits when that was: a claim that a crash, or a
-- failover, has forgotten is made again under the same number, but not at the same time.
CREATE FUNCTION tasks.attempt_of(p_fencing_token BIGINT) RETURNS INTEGER
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (p_fencing_token >> 40)::INTEGER;

-- Removes, of the next rows that a claim would look at, those whose task is not pending any more, or pending in another
-- way. Such a row is of no use to anybody: a task that became pending again, or is to be had elsewhere, got a new one.
CREATE FUNCTION tasks.sweep_ready(p_agent_id UUID, p_task_type TEXT, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  v_swept INTEGER;
BEGIN
  DELETE FROM tasks.ready AS r
  WHERE r.ctid = ANY (ARRAY(
    SELECT e.ctid FROM tasks.ready AS e
    WHERE e.ctid = ANY (ARRAY(
        SELECT n.row_id
        FROM unnest(enum_range(NULL::public.task_priority_type)) AS p (priority)
        CROSS JOIN (VALUES (p_agent_id), ('00000000-0000-0000-0000-000000000000'::UUID)) AS a (agent_id)
        CROSS JOIN LATERAL (
          SELECT c.ctid AS row_id FROM tasks.ready AS c
          WHERE c.task_type = p_task_type AND c.assigned_agent_id = a.agent_id AND c.priority = p.priority
            AND c.run_at <= clock_timestamp()
          ORDER BY c.run_at, c.seq
          LIMIT p_limit
        ) AS n
      ))
      AND NOT EXISTS (
        SELECT FROM tasks.queue AS q
        WHERE q.task_id = e.task_id AND q.task_type = p_task_type AND q.status = 'pending' AND q.priority = e.priority
          AND (q.scheduled_at IS NULL OR q.scheduled_at = e.run_at)
          AND COALESCE(q.assigned_agent_id, '00000000-0000-0000-0000-000000000000') = e.assigned_agent_id
      )
    FOR UPDATE OF e SKIP LOCKED
  ));
  GET DIAGNOSTICS v_swept = ROW_COUNT;
  RETURN v_swept;
END
$body$;

-- p_after: per task type and, within it, per priority from critical to low, the time before which nothing is looked for.
-- Whoever claims again and again passes what it saw last: while an old transaction is open, PostgreSQL cannot
-- clean away the entries that were claimed, and would walk over all of them each time.
CREATE FUNCTION tasks.claim(
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

-- A foreign key of tasks.leases would be asked for every claim; this is asked when an agent is removed.
CREATE FUNCTION tasks.keep_worker() RETURNS TRIGGER
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

-- smith:accept trigger-on-existing the lock lasts for the functions of this file alone, which read no table
CREATE TRIGGER keep_worker BEFORE DELETE ON agents.registry
  FOR EACH ROW EXECUTE FUNCTION tasks.keep_worker();

CREATE FUNCTION tasks.complete(
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

-- Ends attempts that did not succeed. Who may still be tried again is, after a while that doubles with each time and is
-- scattered by up to a quarter, so that tasks that failed together do not come back together. The others are dead.
CREATE FUNCTION tasks.fail(
  p_task_ids UUID[],
  p_fencing_tokens BIGINT[],
  p_error_messages TEXT[],
  p_error_details JSONB[] DEFAULT NULL,
  p_may_retry BOOLEAN[] DEFAULT NULL,
  p_execution_ids UUID[] DEFAULT NULL,
  p_retry_delays_ms BIGINT[] DEFAULT NULL
) RETURNS TABLE (task_id UUID, status public.task_status_type, scheduled_at TIMESTAMPTZ)
LANGUAGE plpgsql
SET xmlbinary = 'hex'
AS $body$
#variable_conflict use_column
DECLARE
  v_now CONSTANT TIMESTAMPTZ := clock_timestamp();
  v_attempt RECORD;
  v_task tasks.queue;
  v_message TEXT;
  v_ended UUID[] := '{}';
BEGIN
  FOR v_attempt IN
    WITH released AS (
      DELETE FROM tasks.leases AS l
      WHERE l.task_id = ANY (p_task_ids) AND (l.task_id, l.fencing_token) IN (
        SELECT g.task_id, g.fencing_token FROM unnest(p_task_ids, p_fencing_tokens) AS g (task_id, fencing_token)
      )
      RETURNING l.*
    )
    SELECT r.*, g.place
    FROM released AS r
    JOIN unnest(p_task_ids, p_fencing_tokens) WITH ORDINALITY AS g (task_id, fencing_token, place)
      ON g.task_id = r.task_id AND g.fencing_token = r.fencing_token
    ORDER BY r.task_id
  LOOP
    -- By its id alone: its type may have been changed meanwhile. One that was removed has left a lease, and no more.
    SELECT q.* INTO v_task FROM tasks.queue AS q
    WHERE q.task_id = v_attempt.task_id AND q.status = 'running'
    FOR NO KEY UPDATE;
    CONTINUE WHEN NOT FOUND;

    v_message := COALESCE(NULLIF(p_error_messages[v_attempt.place], ''), 'failed without a message');
    INSERT INTO tasks.executions (
      execution_id, task_id, task_type, agent_id, execution_attempt, started_at, completed_at, status,
      error_message, error_details
    ) VALUES (
      COALESCE(p_execution_ids[v_attempt.place], gen_random_uuid()), v_task.task_id, v_task.task_type,
      v_attempt.agent_id, tasks.attempt_of(v_attempt.fencing_token), v_attempt.started_at, GREATEST(v_now, v_attempt.started_at),
      CASE WHEN v_attempt.cancel_requested THEN 'cancelled' ELSE 'failed' END::public.task_status_type,
      v_message, p_error_details[v_attempt.place]
    );
    IF NOT v_attempt.cancel_requested
      AND COALESCE(p_may_retry[v_attempt.place], TRUE) AND v_task.retry_count < v_task.max_retries
    THEN
      UPDATE tasks.queue AS q
      SET
        status = 'pending',
        retry_count = q.retry_count + 1,
        scheduled_at = v_now + COALESCE(
          p_retry_delays_ms[v_attempt.place], tasks.retry_delay_ms(q.configuration, q.retry_count)
        ) * INTERVAL '1 millisecond',
        updated_at = now()
      WHERE q.task_id = v_task.task_id AND q.task_type = v_task.task_type
      RETURNING q.* INTO v_task;
    ELSE
      UPDATE tasks.queue AS q
      SET
        status = CASE WHEN v_attempt.cancel_requested THEN 'cancelled' ELSE 'failed' END::public.task_status_type,
        completed_at = GREATEST(v_now, q.started_at, q.created_at),
        updated_at = now()
      WHERE q.task_id = v_task.task_id AND q.task_type = v_task.task_type
      RETURNING q.* INTO v_task;
      IF v_task.status = 'failed' THEN
        INSERT INTO tasks.dead_letters AS d (task_id, task_type, failed_at, attempts, error_message)
        VALUES (v_task.task_id, v_task.task_type, v_now, tasks.attempt_of(v_attempt.fencing_token), v_message)
        ON CONFLICT (task_id) DO UPDATE
          SET failed_at = EXCLUDED.failed_at, attempts = EXCLUDED.attempts, error_message = EXCLUDED.error_message;
      END IF;
      v_ended := v_ended || v_attempt.task_id::UUID;
    END IF;
    task_id := v_attempt.task_id;
    status := v_task.status;
    scheduled_at := CASE WHEN v_task.status = 'pending' THEN v_task.scheduled_at END;
    RETURN NEXT;
  END LOOP;
  PERFORM tasks.settle(v_ended);
END
$body$;

-- configuration -> 'retry' of the task: delay_ms (default 1000), factor (2), max_delay_ms (an hour). What is no number
-- there counts as not given, and what is too large as the largest: a task must be able to fail.
CREATE FUNCTION tasks.retry_delay_ms(p_configuration JSONB, p_retry_count INTEGER) RETURNS BIGINT
LANGUAGE sql VOLATILE
AS $body$
  SELECT (
    LEAST(
      COALESCE(o.max_delay_ms, 3600000),
      COALESCE(o.delay_ms, 1000) * power(LEAST(COALESCE(o.factor, 2), 1000), LEAST(p_retry_count, 60))
    ) * (1 - random() / 4)
  )::BIGINT
  FROM (
    SELECT
      max(n.value) FILTER (WHERE e.key = 'max_delay_ms') AS max_delay_ms,
      max(n.value) FILTER (WHERE e.key = 'delay_ms') AS delay_ms,
      max(n.value) FILTER (WHERE e.key = 'factor') AS factor
    FROM jsonb_each(
      CASE WHEN jsonb_typeof(p_configuration -> 'retry') = 'object' THEN p_configuration -> 'retry' ELSE '{}' END
    ) AS e
    CROSS JOIN LATERAL (
      SELECT CASE
        WHEN jsonb_typeof(e.value) = 'number' THEN LEAST(GREATEST(e.value::NUMERIC, 0), 1e12)::DOUBLE PRECISION
      END AS value
    ) AS n
  ) AS o
$body$;

-- Gives tasks back that were not worked on to an end, by a worker that stops. The attempt is on record, but does not
-- count as a retry.
CREATE FUNCTION tasks.release(p_task_ids UUID[], p_fencing_tokens BIGINT[], p_execution_ids UUID[] DEFAULT NULL)
RETURNS SETOF UUID
LANGUAGE plpgsql
SET xmlbinary = 'hex'
AS $body$
DECLARE
  v_now CONSTANT TIMESTAMPTZ := clock_timestamp();
  v_ids UUID[];
  v_cancelled UUID[];
BEGIN
  WITH released AS (
    DELETE FROM tasks.leases AS l
    WHERE l.task_id = ANY (p_task_ids) AND (l.task_id, l.fencing_token) IN (
      SELECT g.task_id, g.fencing_token FROM unnest(p_task_ids, p_fencing_tokens) AS g (task_id, fencing_token)
    )
    RETURNING l.*
  ),
  recorded AS (
    INSERT INTO tasks.executions (
      execution_id, task_id, task_type, agent_id, execution_attempt, started_at, completed_at, status, error_message
    )
    SELECT
      COALESCE(p_execution_ids[g.place], gen_random_uuid()), r.task_id, r.task_type, r.agent_id,
      tasks.attempt_of(r.fencing_token), r.started_at, GREATEST(v_now, r.started_at), 'cancelled', 'given back by its worker'
    FROM released AS r
    JOIN unnest(p_task_ids, p_fencing_tokens) WITH ORDINALITY AS g (task_id, fencing_token, place)
      ON g.task_id = r.task_id AND g.fencing_token = r.fencing_token
  )
  SELECT array_agg(r.task_id), COALESCE(array_agg(r.task_id) FILTER (WHERE r.cancel_requested), '{}')
  INTO v_ids, v_cancelled
  FROM released AS r;

  UPDATE tasks.queue AS q
  SET status = 'cancelled', completed_at = GREATEST(v_now, q.started_at, q.created_at), updated_at = now()
  WHERE q.task_id = ANY (v_cancelled) AND q.status = 'running';
  UPDATE tasks.queue AS q SET status = 'pending', updated_at = now()
  WHERE q.task_id = ANY (v_ids) AND q.status = 'running';
  PERFORM tasks.settle(v_cancelled);
  RETURN QUERY SELECT unnest(v_ids);
END
$body$;

-- Prolongs leases. Tells of each task whether its worker is to go on: a lease that is not listed is lost. Waits for
-- nobody: a lease that somebody else is just changing, or ending, is left to them and listed as it was.
CREATE FUNCTION tasks.heartbeat(
  p_task_ids UUID[],
  p_fencing_tokens BIGINT[],
  p_lease INTERVAL DEFAULT '30 seconds',
  p_progress JSONB[] DEFAULT NULL
) RETURNS TABLE (task_id UUID, cancel_requested BOOLEAN, expires_at TIMESTAMPTZ)
LANGUAGE sql
AS $body$
  WITH given AS MATERIALIZED (
    SELECT g.task_id, g.fencing_token, g.progress
    FROM unnest(p_task_ids, p_fencing_tokens, COALESCE(p_progress, '{}')) AS g (task_id, fencing_token, progress)
  ),
  free AS MATERIALIZED (
    SELECT l.task_id, g.progress
    FROM given AS g
    JOIN tasks.leases AS l ON l.task_id = g.task_id AND l.fencing_token = g.fencing_token
    FOR UPDATE OF l SKIP LOCKED
  ),
  prolonged AS (
    UPDATE tasks.leases AS l
    SET
      heartbeat_at = clock_timestamp(),
      expires_at = GREATEST(clock_timestamp() + p_lease, l.expires_at),
      progress = COALESCE(f.progress, l.progress)
    FROM free AS f
    WHERE l.task_id = f.task_id
    RETURNING l.task_id, l.cancel_requested, l.expires_at
  )
  SELECT
    l.task_id::UUID, COALESCE(p.cancel_requested, l.cancel_requested), COALESCE(p.expires_at, l.expires_at)
  FROM given AS g
  JOIN tasks.leases AS l ON l.task_id = g.task_id AND l.fencing_token = g.fencing_token
  LEFT JOIN prolonged AS p ON p.task_id = l.task_id
$body$;

-- Attempts whose worker was not heard of until the lease ran out have failed; the tasks are tried again as after any
-- failure.
CREATE FUNCTION tasks.expire_leases(p_limit INTEGER DEFAULT 1000) RETURNS INTEGER
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
CREATE FUNCTION tasks.expire_tasks(p_limit INTEGER DEFAULT 1000) RETURNS INTEGER
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

-- A task that waits is cancelled at once. One that runs is asked to stop, and is cancelled when its worker has stopped, or
-- its lease has run out.
CREATE FUNCTION tasks.cancel(p_task_ids UUID[]) RETURNS TABLE (task_id UUID, outcome TEXT)
LANGUAGE plpgsql
SET xmlbinary = 'hex'
AS $body$
#variable_conflict use_column
DECLARE
  v_cancelled UUID[] := '{}';
  v_asked UUID[] := '{}';
  v_left UUID[] := p_task_ids;
BEGIN
  -- The leases first, as whoever ends an attempt takes them: one that is just failing, or given back, is waiting again
  -- when its lease is gone. And once more for those that were claimed between the two looks.
  FOR v_round IN 1..10 LOOP
    WITH leased AS (
      SELECT l.task_id FROM tasks.leases AS l WHERE l.task_id = ANY (v_left) ORDER BY l.task_id FOR NO KEY UPDATE
    ),
    asked AS (
      UPDATE tasks.leases AS l SET cancel_requested = TRUE FROM leased AS e WHERE l.task_id = e.task_id
      RETURNING l.task_id
    )
    SELECT v_asked || COALESCE(array_agg(a.task_id::UUID), '{}') INTO v_asked FROM asked AS a;
    WITH waiting AS (
      SELECT q.task_id, q.task_type FROM tasks.queue AS q
      WHERE q.task_id = ANY (v_left) AND q.status IN ('pending', 'queued', 'paused')
      ORDER BY q.task_id
      FOR NO KEY UPDATE
    ),
    cancelled AS (
      UPDATE tasks.queue AS q
      SET status = 'cancelled', completed_at = GREATEST(clock_timestamp(), q.started_at, q.created_at), updated_at = now()
      FROM waiting AS w
      WHERE q.task_id = w.task_id AND q.task_type = w.task_type
      RETURNING q.task_id
    )
    SELECT v_cancelled || COALESCE(array_agg(c.task_id::UUID), '{}') INTO v_cancelled FROM cancelled AS c;
    v_left := ARRAY(
      SELECT q.task_id::UUID FROM tasks.queue AS q
      WHERE q.task_id = ANY (v_left) AND q.status NOT IN ('completed', 'failed', 'cancelled')
        AND q.task_id <> ALL (v_asked) AND q.task_id <> ALL (v_cancelled)
    );
    EXIT WHEN cardinality(v_left) = 0;
  END LOOP;
  PERFORM tasks.settle(v_cancelled);
  RETURN QUERY
    SELECT g.task_id, CASE
      WHEN g.task_id = ANY (v_cancelled) THEN 'cancelled'
      WHEN g.task_id = ANY (v_asked) THEN 'requested'
      ELSE COALESCE((SELECT 'already ' || q.status::TEXT FROM tasks.queue AS q WHERE q.task_id = g.task_id), 'missing')
    END
    FROM unnest(p_task_ids) AS g (task_id);
END
$body$;

CREATE FUNCTION tasks.pause(p_task_ids UUID[]) RETURNS SETOF UUID
LANGUAGE sql
AS $body$
  UPDATE tasks.queue AS q SET status = 'paused', updated_at = now()
  WHERE q.task_id = ANY (p_task_ids) AND q.status IN ('pending', 'queued')
  RETURNING q.task_id::UUID
$body$;

-- Keeps what tasks wait for from ending, and their lines from moving on, until the caller has ended. Whoever ends tasks
-- passes over those that do not wait: without this, both would leave it to the other to let the task go. Those that the
-- caller is about to change itself are locked by that.
CREATE FUNCTION tasks.hold_blockers(p_task_ids UUID[], p_statuses public.task_status_type[]) RETURNS VOID
LANGUAGE plpgsql
AS $body$
BEGIN
  PERFORM FROM tasks.queue AS other
  WHERE other.task_id IN (
    SELECT d.depends_on_task_id
    FROM tasks.queue AS q
    JOIN tasks.dependencies AS d ON d.task_id = q.task_id
    WHERE q.task_id = ANY (p_task_ids) AND q.status = ANY (p_statuses)
  ) AND NOT (other.task_id = ANY (p_task_ids) AND other.status = ANY (p_statuses))
  ORDER BY other.task_id
  FOR SHARE;
  PERFORM FROM tasks.order_keys AS k
  WHERE (k.task_type, k.order_key) IN (
    SELECT q.task_type, q.order_key FROM tasks.queue AS q
    WHERE q.task_id = ANY (p_task_ids) AND q.status = ANY (p_statuses) AND q.order_key IS NOT NULL
  )
  ORDER BY k.task_type, k.order_key
  FOR NO KEY UPDATE;
END
$body$;

CREATE FUNCTION tasks.resume(p_task_ids UUID[]) RETURNS SETOF UUID
LANGUAGE plpgsql
AS $body$
DECLARE
  v_resumed UUID[];
BEGIN
  PERFORM tasks.hold_blockers(p_task_ids, ARRAY['paused']::public.task_status_type[]);
  WITH resumed AS (
    UPDATE tasks.queue AS q SET status = 'queued', updated_at = now()
    WHERE q.task_id = ANY (p_task_ids) AND q.status = 'paused'
    RETURNING q.task_id
  )
  SELECT COALESCE(array_agg(r.task_id), '{}') INTO v_resumed FROM resumed AS r;
  PERFORM tasks.settle(tasks.unblock(v_resumed));
  RETURN QUERY SELECT unnest(v_resumed);
END
$body$;

-- Begins anew with tasks that failed or were cancelled, with all their retries. What was cancelled because of them stays.
CREATE FUNCTION tasks.redrive(p_task_ids UUID[]) RETURNS TABLE (task_id UUID, outcome TEXT)
LANGUAGE plpgsql
SET xmlbinary = 'hex'
AS $body$
#variable_conflict use_column
DECLARE
  v_tasks UUID[];
  v_taken UUID[];
  v_doomed UUID[];
BEGIN
  PERFORM tasks.hold_blockers(p_task_ids, ARRAY['failed', 'cancelled']::public.task_status_type[]);
  PERFORM FROM tasks.queue AS q
  WHERE q.task_id = ANY (p_task_ids) AND q.status IN ('failed', 'cancelled')
  ORDER BY q.task_id
  FOR NO KEY UPDATE;
  INSERT INTO tasks.unique_keys (task_type, unique_key, task_id)
  SELECT q.task_type, q.unique_key, q.task_id
  FROM tasks.queue AS q
  WHERE q.task_id = ANY (p_task_ids) AND q.status IN ('failed', 'cancelled') AND q.unique_key IS NOT NULL
  ORDER BY q.task_type, q.unique_key
  ON CONFLICT (task_type, unique_key) DO NOTHING;
  v_taken := ARRAY(
    SELECT q.task_id::UUID
    FROM tasks.queue AS q
    JOIN tasks.unique_keys AS k ON k.task_type = q.task_type AND k.unique_key = q.unique_key AND k.task_id <> q.task_id
    WHERE q.task_id = ANY (p_task_ids) AND q.status IN ('failed', 'cancelled')
  );
  WITH redriven AS (
    UPDATE tasks.queue AS q
    SET status = 'queued', retry_count = 0, scheduled_at = NULL, started_at = NULL, completed_at = NULL,
      expires_at = CASE WHEN q.expires_at > clock_timestamp() THEN q.expires_at END, updated_at = now()
    WHERE q.task_id = ANY (p_task_ids) AND q.status IN ('failed', 'cancelled') AND q.task_id <> ALL (v_taken)
    RETURNING q.task_id
  )
  SELECT COALESCE(array_agg(r.task_id), '{}') INTO v_tasks FROM redriven AS r;
  DELETE FROM tasks.dead_letters AS d WHERE d.task_id = ANY (v_tasks);
  PERFORM tasks.stand_in_line(ARRAY(
    SELECT q.task_id::UUID FROM tasks.queue AS q WHERE q.task_id = ANY (v_tasks) AND q.order_key IS NOT NULL
  ));
  v_doomed := tasks.unblock(v_tasks);
  PERFORM tasks.settle(v_doomed);
  -- Standing in line and settling may have cancelled some, too.
  v_doomed := v_doomed || ARRAY(
    SELECT q.task_id::UUID FROM tasks.queue AS q WHERE q.task_id = ANY (v_tasks) AND q.status = 'cancelled'
  );
  RETURN QUERY
    SELECT g.task_id, CASE
      WHEN g.task_id = ANY (v_doomed) THEN 'cancelled again: a task that it waits for failed or was cancelled'
      WHEN g.task_id = ANY (v_tasks) THEN 'redriven'
      WHEN g.task_id = ANY (v_taken) THEN 'its unique key is taken'
      ELSE COALESCE((SELECT 'is ' || q.status::TEXT FROM tasks.queue AS q WHERE q.task_id = g.task_id), 'missing')
    END
    FROM unnest(p_task_ids) AS g (task_id);
END
$body$;

-- Order keys without tasks are forgotten; the row of one that is just being used is locked and skipped.
CREATE FUNCTION tasks.forget_order_keys(p_limit INTEGER DEFAULT 1000) RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  v_forgotten INTEGER;
BEGIN
  DELETE FROM tasks.order_keys AS k
  WHERE k.ctid = ANY (ARRAY(
    SELECT e.ctid FROM tasks.order_keys AS e
    WHERE e.last_enqueued_at < now() - INTERVAL '1 minute' AND NOT EXISTS (
      SELECT FROM tasks.order_queue AS o WHERE o.task_type = e.task_type AND o.order_key = e.order_key
    )
    LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  ));
  GET DIAGNOSTICS v_forgotten = ROW_COUNT;
  RETURN v_forgotten;
END
$body$;

-- Mends what plain SQL without our triggers, or a hand in the tables beside the queue, has left: keys and leases of tasks that
-- do not have them, tasks that run without a lease, tasks that stand in no line or wait for nothing any more, and pending
-- tasks that are not among the ready ones. Returns how many may be claimed again. Reads the whole queue.
CREATE FUNCTION tasks.repair_ready() RETURNS INTEGER
LANGUAGE plpgsql
SET xmlbinary = 'hex'
AS $body$
DECLARE
  v_waiting UUID[];
  v_released UUID[];
  v_freed INTEGER;
  v_repaired INTEGER;
BEGIN
  DELETE FROM tasks.leases AS l WHERE NOT EXISTS (
    SELECT FROM tasks.queue AS q WHERE q.task_id = l.task_id AND q.task_type = l.task_type AND q.status = 'running'
  );
  UPDATE tasks.queue AS q SET status = 'queued', updated_at = now()
  WHERE q.status = 'running' AND NOT EXISTS (SELECT FROM tasks.leases AS l WHERE l.task_id = q.task_id);

  -- What is kept for tasks that have ended, or are gone.
  v_released := ARRAY(
    SELECT k.task_id::UUID FROM tasks.unique_keys AS k WHERE NOT EXISTS (
      SELECT FROM tasks.queue AS q WHERE q.task_id = k.task_id AND q.status NOT IN ('completed', 'failed', 'cancelled')
    )
    UNION
    SELECT o.task_id::UUID FROM tasks.order_queue AS o WHERE NOT EXISTS (
      SELECT FROM tasks.queue AS q
      WHERE q.task_id = o.task_id AND q.task_type = o.task_type AND q.order_key = o.order_key
        AND q.status NOT IN ('completed', 'failed', 'cancelled')
    )
  );
  PERFORM tasks.settle(v_released);
  INSERT INTO tasks.unique_keys (task_type, unique_key, task_id)
  SELECT q.task_type, q.unique_key, q.task_id
  FROM tasks.queue AS q
  WHERE q.unique_key IS NOT NULL AND q.status NOT IN ('completed', 'failed', 'cancelled')
  ORDER BY q.task_type, q.unique_key, q.created_at, q.task_id
  ON CONFLICT (task_type, unique_key) DO NOTHING;
  PERFORM tasks.stand_in_line(ARRAY(
    SELECT q.task_id::UUID FROM tasks.queue AS q
    WHERE q.order_key IS NOT NULL AND q.status IN ('pending', 'queued', 'paused')
      AND NOT EXISTS (SELECT FROM tasks.order_queue AS o WHERE o.task_id = q.task_id)
    ORDER BY q.created_at, q.task_id
  ));
  v_waiting := ARRAY(SELECT q.task_id::UUID FROM tasks.queue AS q WHERE q.status = 'queued');
  PERFORM tasks.hold_blockers(v_waiting, ARRAY['queued']::public.task_status_type[]);
  PERFORM tasks.settle(tasks.unblock(v_waiting));
  SELECT count(*) INTO v_freed FROM tasks.queue AS q WHERE q.task_id = ANY (v_waiting) AND q.status = 'pending';

  INSERT INTO tasks.ready (task_type, assigned_agent_id, priority, run_at, task_id, expires_at)
  SELECT
    q.task_type, COALESCE(q.assigned_agent_id, '00000000-0000-0000-0000-000000000000'), q.priority,
    COALESCE(q.scheduled_at, q.created_at), q.task_id, q.expires_at
  FROM tasks.queue AS q
  WHERE q.status = 'pending'
    AND (q.task_id, q.task_type) NOT IN (SELECT r.task_id, r.task_type FROM tasks.ready AS r)
  ORDER BY q.created_at, q.task_id;
  GET DIAGNOSTICS v_repaired = ROW_COUNT;
  RETURN v_repaired + v_freed;
END
$body$;

CREATE FUNCTION tasks.prune(p_older_than INTERVAL, p_limit INTEGER DEFAULT 1000) RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  v_pruned INTEGER;
BEGIN
  -- A task that others name, as their parent or as what they wait for, stays with them.
  DELETE FROM tasks.queue AS q
  WHERE (q.task_id, q.task_type) IN (
    SELECT e.task_id, e.task_type FROM tasks.queue AS e
    WHERE e.status IN ('completed', 'failed', 'cancelled')
      AND e.completed_at < now() - p_older_than
      AND NOT EXISTS (SELECT FROM tasks.queue AS child WHERE child.parent_task_id = e.task_id)
      AND NOT EXISTS (
        SELECT FROM tasks.dependencies AS d
        JOIN tasks.queue AS waiting ON waiting.task_id = d.task_id AND waiting.task_type = d.task_type
        WHERE d.depends_on_task_id = e.task_id AND waiting.status NOT IN ('completed', 'failed', 'cancelled')
      )
    LIMIT p_limit
    FOR UPDATE OF e SKIP LOCKED
  );
  GET DIAGNOSTICS v_pruned = ROW_COUNT;
  RETURN v_pruned;
END
$body$;

CREATE VIEW tasks.running WITH (security_invoker = TRUE) AS
SELECT
  l.task_id, l.task_type, q.task_name, l.agent_id, l.fencing_token, l.started_at, l.heartbeat_at,
  l.expires_at AS lease_expires_at, l.cancel_requested, l.progress
FROM tasks.leases AS l
JOIN tasks.queue AS q ON q.task_id = l.task_id AND q.task_type = l.task_type;

CREATE VIEW tasks.backlog WITH (security_invoker = TRUE) AS
SELECT
  t.task_type,
  COALESCE(r.ready, 0) AS ready,
  COALESCE(r.delayed, 0) AS delayed,
  COALESCE(l.running, 0) AS running,
  COALESCE(d.dead, 0) AS dead,
  r.oldest_ready_at
FROM (
  SELECT task_type FROM tasks.ready
  UNION SELECT task_type FROM tasks.leases
  UNION SELECT task_type FROM tasks.dead_letters
) AS t
LEFT JOIN (
  SELECT
    task_type,
    count(*) FILTER (WHERE run_at <= now()) AS ready,
    count(*) FILTER (WHERE run_at > now()) AS delayed,
    min(run_at) FILTER (WHERE run_at <= now()) AS oldest_ready_at
  FROM tasks.ready
  GROUP BY task_type
) AS r ON r.task_type = t.task_type
LEFT JOIN (SELECT task_type, count(*) AS running FROM tasks.leases GROUP BY task_type) AS l ON l.task_type = t.task_type
LEFT JOIN (SELECT task_type, count(*) AS dead FROM tasks.dead_letters GROUP BY task_type) AS d ON d.task_type = t.task_type;

-- Partitions of their own leave the same room as the default one.
CREATE OR REPLACE FUNCTION partitions.create_task_type_partition(p_task_type TEXT) RETURNS TEXT
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $body$
DECLARE
  v_queue CONSTANT REGCLASS := 'tasks.queue'::REGCLASS;
  v_aside CONSTANT TEXT := 'moving ' || gen_random_uuid();
  v_partition TEXT;
  v_moved BIGINT;
BEGIN
  IF p_task_type IS NULL OR length(p_task_type) NOT BETWEEN 1 AND 100 THEN
    RAISE EXCEPTION 'task type % cannot exist', COALESCE(quote_literal(p_task_type), 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'A task type has 1 to 100 characters.';
  END IF;
  PERFORM partitions.lock_upkeep(v_queue);
  v_partition := partitions.task_type_partition(p_task_type)::TEXT;
  IF v_partition IS NOT NULL THEN
    RETURN v_partition;
  END IF;

  v_partition := format('tasks.%I', partitions.task_type_partition_name(p_task_type));
  PERFORM partitions.lock_tables(v_queue, FALSE);
  PERFORM set_config('partitions.moving_rows', 'on', TRUE);
  UPDATE tasks.queue SET task_type = v_aside WHERE task_type = p_task_type;
  GET DIAGNOSTICS v_moved = ROW_COUNT;
  EXECUTE format('CREATE TABLE %s (LIKE tasks.queue INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION) WITH (fillfactor = 33)', v_partition);
  EXECUTE format('ALTER TABLE tasks.queue ATTACH PARTITION %s FOR VALUES IN (%L)', v_partition, p_task_type);
  IF v_moved > 0 THEN
    UPDATE tasks.queue SET task_type = p_task_type WHERE task_type = v_aside;
  END IF;
  PERFORM set_config('partitions.moving_rows', 'off', TRUE);
  RETURN v_partition;
END
$body$;

COMMENT ON FUNCTION tasks.make_ready() IS 'Row trigger: a task that became pending, or pending in another way, takes its place in tasks.ready';
COMMENT ON FUNCTION tasks.admit() IS 'Statement trigger: new tasks become ready, take their unique keys and stand in line for their order keys';
COMMENT ON FUNCTION tasks.stand_in_line(UUID[]) IS 'Puts tasks with an order key at the end of its line; whoever comes first may run';
COMMENT ON FUNCTION tasks.unblock(UUID[]) IS 'Of tasks that wait for others: lets go those that need not wait any longer, cancels those that would wait for ever and returns them';
COMMENT ON FUNCTION tasks.settle(UUID[]) IS 'After tasks have ended: frees their unique keys and lets go, or cancels, whoever waited for them';
COMMENT ON FUNCTION tasks.next_in_line(UUID[]) IS 'Takes tasks that have ended out of their lines; returns who is first now';
COMMENT ON FUNCTION tasks.settle_removed() IS 'Row trigger: the keys of a task that is removed are free again, and its lease is gone';
COMMENT ON FUNCTION tasks.keep_in_step() IS 'Row trigger: sees to the lease, the keys and the followers of a task that was changed by plain SQL';
COMMENT ON FUNCTION tasks.follow_type() IS 'Row trigger: the lease, the unique key and the readiness of a task follow its type';
COMMENT ON FUNCTION tasks.settle_dependency() IS 'Row trigger: a task whose dependency is removed may have nothing left to wait for';
COMMENT ON FUNCTION tasks.take_unique_keys(JSONB) IS 'Takes the unique keys of tasks that are to be enqueued; returns the tasks that got theirs or have none';
COMMENT ON FUNCTION tasks.enqueue(JSONB) IS
  'Enqueues tasks, an array of objects with the columns of tasks.queue and delay_ms, expires_in_ms, max_execution_ms, depends_on; a task_id that is there already is left as it is; returns, in their order, which task has the work and whether it is the given one';
COMMENT ON FUNCTION tasks.add_dependencies(JSONB) IS
  'Lets tasks wait for others: an array of objects with waiting_task_id, task_id, type, on_failure; refuses a cycle';
COMMENT ON FUNCTION tasks.wait_for(UUID, JSONB) IS
  'Lets a task that nobody works on wait for others, given as for tasks.add_dependencies(); false when it is too late';
COMMENT ON FUNCTION tasks.claimable(TEXT, INTEGER) IS 'How many tasks of a type may be claimed now; locks the row of its limits, and gives none while another transaction holds that';
COMMENT ON FUNCTION tasks.attempt_of(BIGINT) IS 'Which attempt of its task a fencing token stands for, from 1';
COMMENT ON FUNCTION tasks.sweep_ready(UUID, TEXT, INTEGER) IS
  'Of the next ready rows of each priority, at most as many as given, removes those whose task is not pending in that way; returns how many';
COMMENT ON FUNCTION tasks.claim(UUID, TEXT[], INTEGER, INTERVAL, TIMESTAMPTZ[], BOOLEAN) IS
  'Gives an agent the most urgent, then oldest tasks of some types, each with a lease and a fencing token';
COMMENT ON FUNCTION tasks.keep_worker() IS 'Row trigger: an agent that works on tasks cannot be removed';
COMMENT ON FUNCTION tasks.complete(UUID[], BIGINT[], JSONB[], UUID[]) IS
  'Ends attempts that succeeded; returns the tasks that it completed, which are those whose lease was held with the given token';
COMMENT ON FUNCTION tasks.fail(UUID[], BIGINT[], TEXT[], JSONB[], BOOLEAN[], UUID[], BIGINT[]) IS
  'Ends attempts that failed: the task is tried again after a delay, or dead; tells which';
COMMENT ON FUNCTION tasks.retry_delay_ms(JSONB, INTEGER) IS
  'How long a task waits before its next retry, in milliseconds: doubling, bounded and scattered, as its configuration says under retry';
COMMENT ON FUNCTION tasks.release(UUID[], BIGINT[], UUID[]) IS 'Gives tasks back that were not worked on to an end; does not count as a retry';
COMMENT ON FUNCTION tasks.heartbeat(UUID[], BIGINT[], INTERVAL, JSONB[]) IS
  'Prolongs leases and records progress; tells of each that is still held whether its worker is asked to stop';
COMMENT ON FUNCTION tasks.expire_leases(INTEGER) IS 'Fails the attempts whose lease ran out, at most as many as given; returns how many';
COMMENT ON FUNCTION tasks.expire_tasks(INTEGER) IS 'Cancels waiting tasks that have expired, at most as many as given; returns how many';
COMMENT ON FUNCTION tasks.cancel(UUID[]) IS 'Cancels tasks that wait, asks the workers of those that run to stop; tells which';
COMMENT ON FUNCTION tasks.pause(UUID[]) IS 'Holds waiting tasks back until they are resumed; returns which';
COMMENT ON FUNCTION tasks.hold_blockers(UUID[], public.task_status_type[]) IS
  'Keeps what tasks of some statuses wait for as it is until the caller has ended';
COMMENT ON FUNCTION tasks.resume(UUID[]) IS 'Lets paused tasks go on; returns which';
COMMENT ON FUNCTION tasks.redrive(UUID[]) IS 'Begins anew with tasks that failed or were cancelled; tells which';
COMMENT ON FUNCTION tasks.forget_order_keys(INTEGER) IS 'Removes order keys without tasks, at most as many as given; returns how many';
COMMENT ON FUNCTION tasks.repair_ready() IS
  'Lets every task go on that is stuck because the tables beside the queue do not agree with it; reads the whole queue; returns how many may be claimed again';
COMMENT ON FUNCTION tasks.prune(INTERVAL, INTEGER) IS 'Removes tasks, with their executions, that ended longer ago than given, at most as many as given; returns how many';
COMMENT ON VIEW tasks.running IS 'The tasks that somebody works on';
COMMENT ON COLUMN tasks.running.task_id IS 'The task';
COMMENT ON COLUMN tasks.running.task_type IS 'Its type';
COMMENT ON COLUMN tasks.running.task_name IS 'What people call it';
COMMENT ON COLUMN tasks.running.agent_id IS 'The agent that works on it';
COMMENT ON COLUMN tasks.running.fencing_token IS 'Which claim of the task it is';
COMMENT ON COLUMN tasks.running.started_at IS 'When it was claimed';
COMMENT ON COLUMN tasks.running.heartbeat_at IS 'When its worker was last heard of';
COMMENT ON COLUMN tasks.running.lease_expires_at IS 'From when on the task is given to another worker';
COMMENT ON COLUMN tasks.running.cancel_requested IS 'Whether its worker is asked to stop';
COMMENT ON COLUMN tasks.running.progress IS 'How far it is, in the application''s words';
COMMENT ON VIEW tasks.backlog IS 'How much there is to do, by type';
COMMENT ON COLUMN tasks.backlog.task_type IS 'The type of the tasks';
COMMENT ON COLUMN tasks.backlog.ready IS
  'How many could be claimed now, by the rows of tasks.ready: tasks that were cancelled, paused or changed there count until a claim comes past them';
COMMENT ON COLUMN tasks.backlog.delayed IS 'How many wait for their time';
COMMENT ON COLUMN tasks.backlog.running IS 'How many are being worked on';
COMMENT ON COLUMN tasks.backlog.dead IS 'How many failed for good';
COMMENT ON COLUMN tasks.backlog.oldest_ready_at IS 'Since when the oldest of the ready ones could be claimed';

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA tasks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  tasks.stand_in_line(UUID[]), tasks.unblock(UUID[]), tasks.settle(UUID[]), tasks.next_in_line(UUID[]),
  tasks.take_unique_keys(JSONB), tasks.enqueue(JSONB), tasks.add_dependencies(JSONB), tasks.wait_for(UUID, JSONB),
  tasks.claimable(TEXT, INTEGER),
  tasks.attempt_of(BIGINT), tasks.sweep_ready(UUID, TEXT, INTEGER),
  tasks.claim(UUID, TEXT[], INTEGER, INTERVAL, TIMESTAMPTZ[], BOOLEAN),
  tasks.complete(UUID[], BIGINT[], JSONB[], UUID[]),
  tasks.fail(UUID[], BIGINT[], TEXT[], JSONB[], BOOLEAN[], UUID[], BIGINT[]),
  tasks.retry_delay_ms(JSONB, INTEGER), tasks.release(UUID[], BIGINT[], UUID[]),
  tasks.heartbeat(UUID[], BIGINT[], INTERVAL, JSONB[]), tasks.expire_leases(INTEGER), tasks.expire_tasks(INTEGER),
  tasks.cancel(UUID[]), tasks.pause(UUID[]), tasks.hold_blockers(UUID[], public.task_status_type[]),
  tasks.resume(UUID[]), tasks.redrive(UUID[]),
  tasks.forget_order_keys(INTEGER), tasks.repair_ready(), tasks.prune(INTERVAL, INTEGER)
  TO app_primary;
GRANT SELECT ON tasks.running, tasks.backlog TO app_primary, app_background, app_replica, app_analytics, app_readonly;
