CREATE OR REPLACE FUNCTION tasks.enqueue(p_tasks JSONB) RETURNS TABLE (task_id UUID, is_new BOOLEAN)
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
CREATE OR REPLACE FUNCTION tasks.add_dependencies(p_dependencies JSONB) RETURNS VOID
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
CREATE OR REPLACE FUNCTION tasks.wait_for(p_task_id UUID, p_dependencies JSONB) RETURNS BOOLEAN
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

-- Begins anew with tasks that failed or were cancelled, with all their retries. What was cancelled because of them stays.
CREATE OR REPLACE FUNCTION tasks.redrive(p_task_ids UUID[]) RETURNS TABLE (task_id UUID, outcome TEXT)
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

CREATE OR REPLACE FUNCTION tasks.resume(p_task_ids UUID[]) RETURNS SETOF UUID
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

-- What somebody else than the functions of this file does to a task: its lease goes with the status running, its keys, its
-- place in line and those that wait for it are seen to as after any other end, and it takes its keys again when it comes
-- back. The functions see to all that themselves, for many tasks at once, and say so by a setting that nothing here uses:
-- PostgreSQL lets only superusers make functions with a setting of their own.
CREATE OR REPLACE FUNCTION tasks.keep_in_step() RETURNS TRIGGER
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

DROP FUNCTION tasks.note_dependencies(JSONB);
DROP FUNCTION tasks.redrive_at_once(UUID[]);
DROP FUNCTION tasks.resume_at_once(UUID[]);
DROP FUNCTION tasks.in_circle(UUID[]);
DROP FUNCTION tasks.depended_on(UUID[]);
DROP FUNCTION tasks.give_way(UUID[]);
DROP FUNCTION tasks.circle_among(JSONB);
DROP FUNCTION tasks.refuse_circle(UUID);
DROP FUNCTION tasks.holds_back(TEXT, TEXT, public.task_status_type, TIMESTAMPTZ);
DROP FUNCTION tasks.take_turn();
DROP TABLE tasks.dependency_turns;
