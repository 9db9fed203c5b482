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

CREATE OR REPLACE FUNCTION tasks.prune(p_older_than INTERVAL, p_limit INTEGER DEFAULT 1000) RETURNS INTEGER
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
