-- One task waits for another when it depends on it, and when it stands behind it in the line of their order key. Where these
-- lead from a task back to itself, none of them would ever be done: such a circle is refused by whoever would close it,
-- also where a part of it is a line, and without walking over all that waits for anything each time a task is enqueued.

-- Two that each close a part of a circle do not see each other's part, so one after the other: by a row, which tells a
-- transaction that sees the past that somebody was before it.
CREATE TABLE tasks.dependency_turns (
  is_only BOOLEAN PRIMARY KEY DEFAULT TRUE,
  turns BIGINT NOT NULL DEFAULT 0,

  CONSTRAINT one_row CHECK (is_only)
);
INSERT INTO tasks.dependency_turns (turns) VALUES (0);

COMMENT ON TABLE tasks.dependency_turns IS 'One row, which whoever changes what existing tasks wait for changes first, so that they do it one after the other';
COMMENT ON COLUMN tasks.dependency_turns.is_only IS 'Always true: there is one row';
COMMENT ON COLUMN tasks.dependency_turns.turns IS 'How often that was done';

GRANT SELECT, UPDATE ON tasks.dependency_turns TO app_primary;
GRANT SELECT ON tasks.dependency_turns TO app_background, app_replica, app_analytics, app_readonly;

CREATE FUNCTION tasks.take_turn() RETURNS VOID
LANGUAGE sql
AS $body$
  UPDATE tasks.dependency_turns SET turns = turns + 1
$body$;

-- Whether one task keeps another from going on, by the kind of the dependency and how the one stands.
CREATE FUNCTION tasks.holds_back(
  p_dependency_type TEXT, p_on_failure TEXT, p_status public.task_status_type, p_started_at TIMESTAMPTZ
) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE p_dependency_type
  WHEN 'start' THEN p_started_at IS NULL AND p_status <> 'completed'
  WHEN 'resource' THEN p_status NOT IN ('completed', 'failed', 'cancelled')
  ELSE p_status <> 'completed'
END AND (p_status NOT IN ('failed', 'cancelled') OR p_on_failure = 'wait');

CREATE FUNCTION tasks.refuse_circle(p_task_id UUID) RETURNS VOID
LANGUAGE plpgsql
AS $body$
BEGIN
  RAISE EXCEPTION 'task % would wait for itself', p_task_id
    USING ERRCODE = 'check_violation', CONSTRAINT = 'no_dependency_cycle',
      HINT = 'The tasks that it depends on, and those before them in the lines of their order keys, lead back to it.';
END
$body$;

-- Of new tasks, of which only one another can wait: takes away those that wait for none of the others, and again, until none
-- is left, or those that wait in a circle, of which it returns one.
CREATE FUNCTION tasks.circle_among(p_tasks JSONB) RETURNS UUID
LANGUAGE plpgsql
AS $body$
DECLARE
  v_waiting INTEGER[];
  v_others INTEGER[];
  v_count INTEGER := jsonb_array_length(p_tasks);
  v_is_in_order BOOLEAN;
  -- By the place of a task: how many it still waits for, and where in v_waiting those begin that wait for it.
  v_left INTEGER[];
  v_begin INTEGER[];
  v_free INTEGER[] := '{}';
  v_freed INTEGER := 0;
  v_taken INTEGER := 0;
  v_other INTEGER;
BEGIN
  WITH given AS MATERIALIZED (
    SELECT t.task_id, t.task_type, t.order_key, t.depends_on, t.place
    FROM ROWS FROM (
      jsonb_to_recordset(p_tasks) AS (task_id UUID, task_type TEXT, order_key TEXT, depends_on JSONB)
    ) WITH ORDINALITY AS t (task_id, task_type, order_key, depends_on, place)
  ),
  edges AS (
    SELECT g.place AS waiting, other.place AS other
    FROM given AS g
    CROSS JOIN LATERAL jsonb_to_recordset(g.depends_on) AS d (task_id UUID)
    JOIN given AS other ON other.task_id = d.task_id
    UNION ALL
    SELECT g.place, lag(g.place) OVER (PARTITION BY g.task_type, g.order_key ORDER BY g.place)
    FROM given AS g
    WHERE g.order_key IS NOT NULL
  )
  SELECT array_agg(e.waiting ORDER BY e.other), array_agg(e.other ORDER BY e.other), bool_and(e.other < e.waiting)
  INTO v_waiting, v_others, v_is_in_order
  FROM edges AS e
  WHERE e.other IS NOT NULL;
  IF COALESCE(v_is_in_order, TRUE) THEN
    RETURN NULL;
  END IF;

  v_left := array_fill(0, ARRAY[v_count]);
  v_begin := array_fill(cardinality(v_others) + 1, ARRAY[v_count]);
  FOR v_edge IN REVERSE cardinality(v_others)..1 LOOP
    v_left[v_waiting[v_edge]] := v_left[v_waiting[v_edge]] + 1;
    v_begin[v_others[v_edge]] := v_edge;
  END LOOP;
  v_free := array_fill(0, ARRAY[v_count]);
  FOR v_place IN 1..v_count LOOP
    IF v_left[v_place] = 0 THEN
      v_freed := v_freed + 1;
      v_free[v_freed] := v_place;
    END IF;
  END LOOP;
  WHILE v_taken < v_freed LOOP
    v_taken := v_taken + 1;
    v_other := v_free[v_taken];
    FOR v_edge IN v_begin[v_other]..cardinality(v_others) LOOP
      EXIT WHEN v_others[v_edge] <> v_other;
      v_left[v_waiting[v_edge]] := v_left[v_waiting[v_edge]] - 1;
      IF v_left[v_waiting[v_edge]] = 0 THEN
        v_freed := v_freed + 1;
        v_free[v_freed] := v_waiting[v_edge];
      END IF;
    END LOOP;
  END LOOP;
  -- What is left stands in a circle or waits for one: as many steps as there are tasks lead into it.
  IF v_freed = v_count THEN
    RETURN NULL;
  END IF;
  FOR v_edge IN 1..cardinality(v_others) LOOP
    IF v_left[v_waiting[v_edge]] > 0 AND v_left[v_others[v_edge]] > 0 THEN
      v_other := v_waiting[v_edge];
      v_begin[v_other] := v_others[v_edge];
    END IF;
  END LOOP;
  FOR v_step IN 1..v_count LOOP
    v_other := v_begin[v_other];
  END LOOP;
  RETURN (p_tasks -> (v_other - 1) ->> 'task_id')::UUID;
END
$body$;

-- Tasks that came back to the end of their line would wait there for those before them that wait for them, directly or by
-- way of others: these go behind them, to the end, and stay in their order. One that nothing keeps any more, which runs or may be
-- claimed, waits for nobody; when it is to wait again, it gives way then.
CREATE FUNCTION tasks.give_way(p_task_ids UUID[]) RETURNS VOID
LANGUAGE plpgsql
AS $body$
DECLARE
  v_id UUID;
  v_behind UUID[];
BEGIN
  FOREACH v_id IN ARRAY p_task_ids LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM tasks.dependencies AS d WHERE d.depends_on_task_id = v_id)
      OR NOT EXISTS (SELECT FROM tasks.order_queue AS o WHERE o.task_id = v_id);
    PERFORM tasks.take_turn();
    PERFORM FROM tasks.order_keys AS k
    WHERE (k.task_type, k.order_key) IN (
      SELECT o.task_type, o.order_key FROM tasks.order_queue AS o WHERE o.task_id = v_id
    )
    FOR NO KEY UPDATE;
    WITH RECURSIVE waiter (task_id) AS (
      SELECT v_id
      UNION
      SELECT n.task_id
      FROM waiter AS w
      CROSS JOIN LATERAL (
        SELECT d.task_id::UUID AS task_id
        FROM tasks.dependencies AS d
        JOIN tasks.queue AS other ON other.task_id = d.depends_on_task_id AND other.task_type = d.depends_on_task_type
        WHERE d.depends_on_task_id = w.task_id
          AND tasks.holds_back(d.dependency_type, d.on_failure, other.status, other.started_at)
        UNION ALL
        (
          SELECT after.task_id::UUID
          FROM tasks.order_queue AS own
          JOIN tasks.order_queue AS after ON after.task_type = own.task_type AND after.order_key = own.order_key
          WHERE own.task_id = w.task_id AND after.seq > own.seq
          ORDER BY after.seq
          LIMIT 1
        )
      ) AS n
      JOIN tasks.queue AS q ON q.task_id = n.task_id
      WHERE q.status IN ('queued', 'paused')
    )
    SELECT CASE WHEN bool_or(o.seq < own.seq) THEN array_agg(o.task_id ORDER BY o.seq) END INTO v_behind
    FROM tasks.order_queue AS own
    JOIN tasks.order_queue AS o ON o.task_type = own.task_type AND o.order_key = own.order_key
    JOIN waiter AS w ON w.task_id = o.task_id
    WHERE own.task_id = v_id AND o.task_id <> v_id;
    CONTINUE WHEN v_behind IS NULL;
    WITH moved AS (
      DELETE FROM tasks.order_queue AS o WHERE o.task_id = ANY (v_behind)
      RETURNING o.task_type, o.order_key, o.task_id
    )
    INSERT INTO tasks.order_queue (task_type, order_key, task_id)
    SELECT m.task_type, m.order_key, m.task_id FROM moved AS m ORDER BY array_position(v_behind, m.task_id::UUID);
  END LOOP;
END
$body$;

-- What tasks depend on that stands in a line itself.
CREATE FUNCTION tasks.depended_on(p_task_ids UUID[]) RETURNS UUID[]
LANGUAGE sql STABLE
RETURN ARRAY(
  SELECT DISTINCT d.depends_on_task_id::UUID
  FROM tasks.dependencies AS d
  JOIN tasks.order_queue AS o ON o.task_id = d.depends_on_task_id
  WHERE d.task_id = ANY (p_task_ids)
);

-- By what waits for what as it stands now: a task that is to wait again waits for all that it depends on, also for what it was
-- let go from before. One that depends on nothing waits for those before it in its line, which have given way to it.
CREATE FUNCTION tasks.in_circle(p_task_ids UUID[]) RETURNS UUID
LANGUAGE plpgsql
AS $body$
DECLARE
  v_id UUID;
  v_way UUID[];
BEGIN
  FOREACH v_id IN ARRAY p_task_ids LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM tasks.dependencies AS d WHERE d.task_id = v_id);
    WITH RECURSIVE way (task_id) AS (
      SELECT v_id
      UNION
      SELECT n.task_id
      FROM way AS w
      JOIN tasks.queue AS q ON q.task_id = w.task_id
      CROSS JOIN LATERAL (
        SELECT d.depends_on_task_id::UUID AS task_id
        FROM tasks.dependencies AS d
        JOIN tasks.queue AS other ON other.task_id = d.depends_on_task_id AND other.task_type = d.depends_on_task_type
        WHERE d.task_id = w.task_id
          AND tasks.holds_back(d.dependency_type, d.on_failure, other.status, other.started_at)
        UNION ALL
        (
          SELECT before.task_id::UUID
          FROM tasks.order_queue AS own
          JOIN tasks.order_queue AS before ON before.task_type = own.task_type AND before.order_key = own.order_key
          WHERE own.task_id = w.task_id AND before.seq < own.seq
          ORDER BY before.seq DESC
          LIMIT 1
        )
      ) AS n
      WHERE q.status IN ('queued', 'paused')
    )
    SELECT array_agg(w.task_id) INTO v_way FROM way AS w;
    -- Back to the task itself.
    IF EXISTS (
      SELECT
      FROM tasks.dependencies AS d
      JOIN tasks.queue AS other ON other.task_id = v_id AND other.task_type = d.depends_on_task_type
      JOIN tasks.queue AS q ON q.task_id = d.task_id
      WHERE d.depends_on_task_id = v_id AND d.task_id = ANY (v_way) AND q.status IN ('queued', 'paused')
        AND tasks.holds_back(d.dependency_type, d.on_failure, other.status, other.started_at)
      UNION ALL
      SELECT
      FROM tasks.order_queue AS own
      JOIN tasks.order_queue AS after ON after.task_type = own.task_type AND after.order_key = own.order_key AND after.seq > own.seq
      WHERE own.task_id = v_id AND after.task_id = ANY (v_way)
    ) THEN
      RETURN v_id;
    END IF;
  END LOOP;
  RETURN NULL;
END
$body$;

-- Without a look for circles. Whoever is waited for is locked against ending meanwhile: either its end is seen here, or the dependency there.
CREATE FUNCTION tasks.note_dependencies(p_dependencies JSONB) RETURNS VOID
LANGUAGE plpgsql
AS $body$
DECLARE
  v_missing UUID;
BEGIN
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
END
$body$;

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
  v_circle UUID;
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
    -- Nobody but the tasks of this call can wait for one of them.
    v_circle := tasks.circle_among(v_new);
    IF v_circle IS NOT NULL THEN
      PERFORM tasks.refuse_circle(v_circle);
    END IF;
    PERFORM tasks.note_dependencies((
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
    SELECT COALESCE(holder.task_id, t.task_id)::UUID, t.task_id IN (SELECT u.task_id FROM unnest(v_inserted) AS u (task_id))
    FROM ROWS FROM (
      jsonb_to_recordset(v_tasks) AS (task_id UUID, task_type TEXT, unique_key TEXT)
    ) WITH ORDINALITY AS t (task_id, task_type, unique_key, place)
    LEFT JOIN LATERAL (
      SELECT k.task_id FROM tasks.unique_keys AS k
      WHERE k.task_type = t.task_type AND k.unique_key = t.unique_key
      -- A transaction that sees the past may see who had it before, too.
      ORDER BY k.task_id = t.task_id DESC, k.task_id = ANY (v_inserted) DESC
      LIMIT 1
    ) AS holder ON TRUE
    ORDER BY t.place;
END
$body$;

CREATE OR REPLACE FUNCTION tasks.add_dependencies(p_dependencies JSONB) RETURNS VOID
LANGUAGE plpgsql
AS $body$
DECLARE
  v_waiting UUID;
BEGIN
  -- Two that each add a part of a circle do not see each other's part, so one after the other.
  PERFORM tasks.take_turn();
  PERFORM tasks.note_dependencies(p_dependencies);
  FOR v_waiting IN SELECT DISTINCT d.waiting_task_id FROM jsonb_to_recordset(p_dependencies) AS d (waiting_task_id UUID) LOOP
    WITH RECURSIVE way (task_id) AS (
      SELECT d.task_id
      FROM jsonb_to_recordset(p_dependencies) AS d (waiting_task_id UUID, task_id UUID)
      WHERE d.waiting_task_id = v_waiting
      UNION
      SELECT n.task_id
      FROM way AS w
      CROSS JOIN LATERAL (
        -- What has completed waits for nothing, and does not begin anew.
        SELECT d.depends_on_task_id::UUID AS task_id
        FROM tasks.dependencies AS d
        JOIN tasks.queue AS q ON q.task_id = d.depends_on_task_id AND q.task_type = d.depends_on_task_type
        WHERE d.task_id = w.task_id AND q.status <> 'completed'
        UNION ALL
        (
          SELECT before.task_id::UUID
          FROM tasks.order_queue AS own
          JOIN tasks.order_queue AS before ON before.task_type = own.task_type AND before.order_key = own.order_key
          WHERE own.task_id = w.task_id AND before.seq < own.seq
          ORDER BY before.seq DESC
          LIMIT 1
        )
      ) AS n
      WHERE w.task_id <> v_waiting
    )
    SELECT w.task_id INTO v_waiting FROM way AS w WHERE w.task_id = v_waiting LIMIT 1;
    IF FOUND THEN
      PERFORM tasks.refuse_circle(v_waiting);
    END IF;
  END LOOP;
END
$body$;

-- Lets a task that nobody works on wait for others. False when it is too late for that.
CREATE OR REPLACE FUNCTION tasks.wait_for(p_task_id UUID, p_dependencies JSONB) RETURNS BOOLEAN
LANGUAGE plpgsql
AS $body$
DECLARE
  v_others UUID[] := tasks.depended_on(ARRAY[p_task_id]);
  v_circle UUID;
BEGIN
  -- Before any task is locked: who waits for this must keep nobody waiting.
  PERFORM tasks.take_turn();
  UPDATE tasks.queue AS q
  SET status = CASE WHEN q.status = 'pending' THEN 'queued' ELSE q.status END, updated_at = now()
  WHERE q.task_id = p_task_id AND q.status IN ('pending', 'queued', 'paused');
  IF NOT FOUND THEN
    RETURN FALSE;
  END IF;
  PERFORM tasks.give_way(v_others);
  PERFORM tasks.add_dependencies(p_dependencies);
  v_circle := tasks.in_circle(ARRAY[p_task_id]);
  IF v_circle IS NOT NULL THEN
    PERFORM tasks.refuse_circle(v_circle);
  END IF;
  PERFORM tasks.settle(tasks.unblock(p_task_id || v_others));
  RETURN TRUE;
END
$body$;

-- All of them, or an error where one would wait for itself. Begins anew with tasks that failed or were cancelled, with all their retries. What was cancelled because of them stays.
CREATE FUNCTION tasks.redrive_at_once(p_task_ids UUID[]) RETURNS TABLE (task_id UUID, outcome TEXT)
LANGUAGE plpgsql
SET xmlbinary = 'hex'
AS $body$
#variable_conflict use_column
DECLARE
  v_tasks UUID[];
  v_taken UUID[];
  v_doomed UUID[];
  v_in_line UUID[];
  v_others UUID[];
BEGIN
  PERFORM tasks.hold_blockers(p_task_ids, ARRAY['failed', 'cancelled']::public.task_status_type[]);
  PERFORM FROM tasks.queue AS q
  WHERE q.task_id = ANY (p_task_ids) AND q.status IN ('failed', 'cancelled')
  ORDER BY q.task_id
  FOR NO KEY UPDATE;
  -- By what the statement itself returns, as in tasks.take_unique_keys().
  WITH got AS (
    INSERT INTO tasks.unique_keys (task_type, unique_key, task_id)
    SELECT q.task_type, q.unique_key, q.task_id
    FROM tasks.queue AS q
    WHERE q.task_id = ANY (p_task_ids) AND q.status IN ('failed', 'cancelled') AND q.unique_key IS NOT NULL
    ORDER BY q.task_type, q.unique_key
    ON CONFLICT (task_type, unique_key) DO NOTHING
    RETURNING task_id
  )
  SELECT COALESCE(array_agg(q.task_id), '{}') INTO v_taken
  FROM tasks.queue AS q
  WHERE q.task_id = ANY (p_task_ids) AND q.status IN ('failed', 'cancelled') AND q.unique_key IS NOT NULL
    AND q.task_id NOT IN (SELECT g.task_id FROM got AS g)
    AND NOT EXISTS (
      SELECT FROM tasks.unique_keys AS k
      WHERE k.task_type = q.task_type AND k.unique_key = q.unique_key AND k.task_id = q.task_id
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
  v_in_line := ARRAY(
    SELECT q.task_id::UUID FROM tasks.queue AS q
    WHERE q.task_id = ANY (v_tasks) AND q.order_key IS NOT NULL
    ORDER BY array_position(p_task_ids, q.task_id::UUID)
  );
  PERFORM tasks.stand_in_line(v_in_line);
  PERFORM tasks.give_way(v_in_line);
  v_others := tasks.depended_on(v_tasks);
  PERFORM tasks.give_way(v_others);
  IF tasks.in_circle(v_tasks) IS NOT NULL THEN
    RAISE EXCEPTION 'a task would wait for itself' USING ERRCODE = 'SM001';
  END IF;
  v_doomed := tasks.unblock(v_tasks || v_others);
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

-- One that would wait for itself stays as it is, and keeps no other from beginning anew.
CREATE OR REPLACE FUNCTION tasks.redrive(p_task_ids UUID[]) RETURNS TABLE (task_id UUID, outcome TEXT)
LANGUAGE plpgsql
SET xmlbinary = 'hex'
AS $body$
BEGIN
  -- What waits for nobody, and nobody for it, closes no circle.
  IF EXISTS (
    SELECT FROM tasks.dependencies AS d WHERE d.depends_on_task_id = ANY (p_task_ids) OR d.task_id = ANY (p_task_ids)
  ) THEN
    PERFORM tasks.take_turn();
  END IF;
  BEGIN
    RETURN QUERY SELECT r.task_id, r.outcome FROM tasks.redrive_at_once(p_task_ids) AS r;
    RETURN;
  EXCEPTION WHEN SQLSTATE 'SM001' THEN
    NULL;
  END;
  FOREACH task_id IN ARRAY p_task_ids LOOP
    BEGIN
      SELECT r.outcome INTO outcome FROM tasks.redrive_at_once(ARRAY[redrive.task_id]) AS r;
    EXCEPTION WHEN SQLSTATE 'SM001' THEN
      outcome := 'it would wait for itself: what it depends on, and the lines of order keys, lead back to it';
    END;
    RETURN NEXT;
  END LOOP;
END
$body$;

-- All of them, or an error where one would wait for itself.
CREATE FUNCTION tasks.resume_at_once(p_task_ids UUID[]) RETURNS SETOF UUID
LANGUAGE plpgsql
AS $body$
DECLARE
  v_resumed UUID[];
  v_others UUID[];
BEGIN
  PERFORM tasks.hold_blockers(p_task_ids, ARRAY['paused']::public.task_status_type[]);
  WITH resumed AS (
    UPDATE tasks.queue AS q SET status = 'queued', updated_at = now()
    WHERE q.task_id = ANY (p_task_ids) AND q.status = 'paused'
    RETURNING q.task_id
  )
  SELECT COALESCE(array_agg(r.task_id), '{}') INTO v_resumed FROM resumed AS r;
  v_others := tasks.depended_on(v_resumed);
  PERFORM tasks.give_way(v_others);
  IF tasks.in_circle(v_resumed) IS NOT NULL THEN
    RAISE EXCEPTION 'a task would wait for itself' USING ERRCODE = 'SM001';
  END IF;
  PERFORM tasks.settle(tasks.unblock(v_resumed || v_others));
  RETURN QUERY SELECT unnest(v_resumed);
END
$body$;

-- One that would wait for itself stays paused, and keeps no other from going on.
CREATE OR REPLACE FUNCTION tasks.resume(p_task_ids UUID[]) RETURNS SETOF UUID
LANGUAGE plpgsql
AS $body$
DECLARE
  v_id UUID;
BEGIN
  IF EXISTS (SELECT FROM tasks.dependencies AS d WHERE d.task_id = ANY (p_task_ids)) THEN
    PERFORM tasks.take_turn();
  END IF;
  BEGIN
    RETURN QUERY SELECT r FROM tasks.resume_at_once(p_task_ids) AS r;
    RETURN;
  EXCEPTION WHEN SQLSTATE 'SM001' THEN
    NULL;
  END;
  FOREACH v_id IN ARRAY p_task_ids LOOP
    BEGIN
      RETURN QUERY SELECT r FROM tasks.resume_at_once(ARRAY[v_id]) AS r;
    EXCEPTION WHEN SQLSTATE 'SM001' THEN
      NULL;
    END;
  END LOOP;
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
      PERFORM tasks.give_way(ARRAY[NEW.task_id]::UUID[]);
    END IF;
    PERFORM tasks.settle(tasks.unblock(ARRAY[NEW.task_id]::UUID[]));
  END IF;
  RETURN NULL;
END
$body$;

COMMENT ON FUNCTION tasks.take_turn() IS 'Lets whoever changes what existing tasks wait for do it one after the other';
COMMENT ON FUNCTION tasks.depended_on(UUID[]) IS 'What tasks depend on that stands in a line itself';
COMMENT ON FUNCTION tasks.in_circle(UUID[]) IS 'The first of the tasks that waits for itself as it stands, over dependencies and lines; NULL when there is none';
COMMENT ON FUNCTION tasks.redrive_at_once(UUID[]) IS 'As tasks.redrive(), all or an error where one would wait for itself';
COMMENT ON FUNCTION tasks.resume_at_once(UUID[]) IS 'As tasks.resume(), all or an error where one would wait for itself';
COMMENT ON FUNCTION tasks.holds_back(TEXT, TEXT, public.task_status_type, TIMESTAMPTZ) IS
  'Whether a task keeps one that depends on it from going on, by the kind of the dependency, its policy, and the status and start of the task';
COMMENT ON FUNCTION tasks.refuse_circle(UUID) IS 'Refuses that a task waits for itself';
COMMENT ON FUNCTION tasks.note_dependencies(JSONB) IS 'Lets tasks wait for others, without a look for circles';
COMMENT ON FUNCTION tasks.circle_among(JSONB) IS
  'Of new tasks, as tasks.enqueue() takes them: one that would wait for itself by way of the others; NULL when there is none';
COMMENT ON FUNCTION tasks.give_way(UUID[]) IS
  'Puts those that stand before one of the tasks in its line, and wait for it, behind it';

REVOKE EXECUTE ON FUNCTION
  tasks.take_turn(), tasks.depended_on(UUID[]), tasks.in_circle(UUID[]), tasks.redrive_at_once(UUID[]), tasks.resume_at_once(UUID[]), tasks.refuse_circle(UUID), tasks.circle_among(JSONB),
  tasks.holds_back(TEXT, TEXT, public.task_status_type, TIMESTAMPTZ),
  tasks.note_dependencies(JSONB), tasks.give_way(UUID[])
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  tasks.take_turn(), tasks.depended_on(UUID[]), tasks.in_circle(UUID[]), tasks.redrive_at_once(UUID[]), tasks.resume_at_once(UUID[]), tasks.refuse_circle(UUID), tasks.circle_among(JSONB),
  tasks.holds_back(TEXT, TEXT, public.task_status_type, TIMESTAMPTZ),
  tasks.note_dependencies(JSONB), tasks.give_way(UUID[])
  TO app_primary;
