-- A claim of several types gives the most urgent tasks of all of them, where it gave those of the first type first, however
-- little urgent. And when there are fewer than asked for it ends attempts whose lease ran out, where it left them to the
-- upkeep of the queue: as long as nobody ran that, nobody got the task of a worker that had died.

-- As tasks.expire_leases(), for some types, and without waiting for whoever holds one of the tasks or what depends on it:
-- those are left to the upkeep.
CREATE FUNCTION tasks.expire_leases_of(p_task_types TEXT[], p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  v_now CONSTANT TIMESTAMPTZ := clock_timestamp();
  v_lock_timeout CONSTANT TEXT := current_setting('lock_timeout');
  v_ids UUID[];
  v_tokens BIGINT[];
BEGIN
  -- Held ones count nothing towards the limit: they would keep the others from it for as long as they are held.
  v_ids := ARRAY(
    SELECT q.task_id::UUID
    FROM tasks.leases AS l
    JOIN tasks.queue AS q ON q.task_id = l.task_id AND q.task_type = l.task_type
    WHERE l.expires_at < v_now AND l.task_type = ANY (p_task_types)
    LIMIT p_limit
    FOR UPDATE OF l SKIP LOCKED
    FOR NO KEY UPDATE OF q SKIP LOCKED
  );
  IF cardinality(v_ids) = 0 THEN
    RETURN 0;
  END IF;
  v_ids := ARRAY(SELECT u.task_id FROM unnest(v_ids) AS u (task_id) ORDER BY u.task_id);
  v_tokens := ARRAY(SELECT l.fencing_token FROM tasks.leases AS l WHERE l.task_id = ANY (v_ids) ORDER BY l.task_id);
  PERFORM set_config('lock_timeout', '100ms', TRUE);
  PERFORM FROM tasks.fail(
    v_ids, v_tokens, array_fill('the lease ran out: the worker was not heard of'::TEXT, ARRAY[cardinality(v_ids)])
  );
  PERFORM set_config('lock_timeout', v_lock_timeout, TRUE);
  RETURN cardinality(v_ids);
EXCEPTION WHEN lock_not_available THEN
  RETURN 0;
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

    EXIT WHEN v_left < 1 OR v_look = 2 OR p_after IS NOT NULL;
    EXIT WHEN tasks.expire_leases_of(p_task_types, GREATEST(v_left, 100)) = 0;
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
END
$body$;

COMMENT ON FUNCTION tasks.expire_leases_of(TEXT[], INTEGER) IS
  'Fails attempts at tasks of some types whose lease ran out, at most as many as given, unless somebody holds what it needs; returns how many';

REVOKE EXECUTE ON FUNCTION tasks.expire_leases_of(TEXT[], INTEGER) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tasks.expire_leases_of(TEXT[], INTEGER) TO app_primary;
