DROP VIEW tasks.backlog;
DROP VIEW tasks.running;
DROP FUNCTION tasks.prune(INTERVAL, INTEGER);
DROP FUNCTION tasks.repair_ready();
DROP FUNCTION tasks.forget_order_keys(INTEGER);
DROP FUNCTION tasks.redrive(UUID[]);
DROP FUNCTION tasks.resume(UUID[]);
DROP FUNCTION tasks.hold_blockers(UUID[], public.task_status_type[]);
DROP FUNCTION tasks.pause(UUID[]);
DROP FUNCTION tasks.cancel(UUID[]);
DROP FUNCTION tasks.expire_tasks(INTEGER);
DROP FUNCTION tasks.expire_leases(INTEGER);
DROP FUNCTION tasks.heartbeat(UUID[], BIGINT[], INTERVAL, JSONB[]);
DROP FUNCTION tasks.release(UUID[], BIGINT[], UUID[]);
DROP FUNCTION tasks.fail(UUID[], BIGINT[], TEXT[], JSONB[], BOOLEAN[], UUID[], BIGINT[]);
DROP FUNCTION tasks.retry_delay_ms(JSONB, INTEGER);
DROP TRIGGER keep_worker ON agents.registry;
DROP FUNCTION tasks.keep_worker();
DROP FUNCTION tasks.complete(UUID[], BIGINT[], JSONB[], UUID[]);
DROP FUNCTION tasks.claim(UUID, TEXT[], INTEGER, INTERVAL, TIMESTAMPTZ[], BOOLEAN);
DROP FUNCTION tasks.sweep_ready(UUID, TEXT, INTEGER);
DROP FUNCTION tasks.attempt_of(BIGINT);
DROP FUNCTION tasks.claimable(TEXT, INTEGER);
DROP FUNCTION tasks.wait_for(UUID, JSONB);
DROP FUNCTION tasks.enqueue(JSONB);
DROP FUNCTION tasks.add_dependencies(JSONB);
DROP FUNCTION tasks.take_unique_keys(JSONB);
DROP TRIGGER settle_dependency ON tasks.dependencies;
DROP FUNCTION tasks.settle_dependency();
DROP TRIGGER follow_type ON tasks.queue;
DROP TRIGGER keep_in_step ON tasks.queue;
DROP TRIGGER settle_removed ON tasks.queue;
DROP TRIGGER admit ON tasks.queue;
DROP TRIGGER make_ready ON tasks.queue;
DROP FUNCTION tasks.follow_type();
DROP FUNCTION tasks.keep_in_step();
DROP FUNCTION tasks.settle_removed();
DROP FUNCTION tasks.admit();
DROP FUNCTION tasks.make_ready();
DROP FUNCTION tasks.stand_in_line(UUID[]);
DROP FUNCTION tasks.settle(UUID[]);
DROP FUNCTION tasks.next_in_line(UUID[]);
DROP FUNCTION tasks.unblock(UUID[]);

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
  EXECUTE format('CREATE TABLE %s (LIKE tasks.queue INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION)', v_partition);
  EXECUTE format('ALTER TABLE tasks.queue ATTACH PARTITION %s FOR VALUES IN (%L)', v_partition, p_task_type);
  IF v_moved > 0 THEN
    UPDATE tasks.queue SET task_type = p_task_type WHERE task_type = v_aside;
  END IF;
  PERFORM set_config('partitions.moving_rows', 'off', TRUE);
  RETURN v_partition;
END
$body$;

CREATE OR REPLACE FUNCTION tasks.type_of(p_task_id UUID) RETURNS VARCHAR
LANGUAGE plpgsql STABLE
AS $body$
DECLARE
  v_types VARCHAR[] := ARRAY(SELECT q.task_type FROM tasks.queue AS q WHERE q.task_id = p_task_id LIMIT 2);
BEGIN
  IF cardinality(v_types) = 0 THEN
    RAISE EXCEPTION 'task % does not exist', p_task_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF cardinality(v_types) > 1 THEN
    RAISE EXCEPTION 'task id % exists under the types % and %', p_task_id, v_types[1], v_types[2]
      USING ERRCODE = 'cardinality_violation', HINT = 'Give the type of the task beside its id.';
  END IF;
  RETURN v_types[1];
END
$body$;
