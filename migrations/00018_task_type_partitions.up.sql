-- Gives a task type a partition of its own.
--
-- A partition cannot be added while the default partition holds its rows, and those rows cannot be taken out and
-- put in again: removing a task removes its executions and dependencies. So they change their type, to one that
-- nobody has and back. The foreign keys follow an update, and the second one lands in the new partition. It all
-- happens in one transaction, while nobody else can read the default partition or write to the queue.

CREATE FUNCTION partitions.task_type_partition(p_task_type TEXT) RETURNS REGCLASS
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  v_partition RECORD;
  v_found BOOLEAN;
BEGIN
  FOR v_partition IN
    SELECT i.inhrelid::REGCLASS AS name,
      substring(partitions.bound_text(i.inhrelid) FROM '^FOR VALUES IN \((.*)\)$') AS types
    FROM pg_inherits AS i
    WHERE i.inhparent = 'tasks.queue'::REGCLASS
  LOOP
    CONTINUE WHEN v_partition.types IS NULL;
    -- The list is SQL as the catalogue prints it.
    EXECUTE format('SELECT $1 = ANY (ARRAY[%s]::TEXT[])', v_partition.types) INTO v_found USING p_task_type;
    IF v_found THEN
      RETURN v_partition.name;
    END IF;
  END LOOP;
  RETURN NULL;
END
$body$;

-- A name that can be read, and that no other type has: a digest follows where the type had to be bent into a name.
CREATE FUNCTION partitions.task_type_partition_name(p_task_type TEXT) RETURNS NAME
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT CASE
    WHEN p_task_type ~ '^[a-z0-9_]{1,40}$' THEN 'queue_type_' || p_task_type
    ELSE 'queue_type_' || left(regexp_replace(lower(p_task_type), '[^a-z0-9_]+', '_', 'g'), 32)
      || '$' || left(public.sha256_hex(p_task_type), 12)
  END::NAME
$body$;

CREATE FUNCTION partitions.create_task_type_partition(p_task_type TEXT) RETURNS TEXT
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

COMMENT ON FUNCTION partitions.task_type_partition(TEXT) IS 'The partition that a task type has of its own, or NULL';
COMMENT ON FUNCTION partitions.task_type_partition_name(TEXT) IS 'What the partition of a task type is called';
COMMENT ON FUNCTION partitions.create_task_type_partition(TEXT) IS
  'Makes sure that a task type has a partition of its own, with all its tasks; returns the partition''s name';

REVOKE EXECUTE ON FUNCTION
  partitions.task_type_partition(TEXT),
  partitions.task_type_partition_name(TEXT),
  partitions.create_task_type_partition(TEXT)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION partitions.create_task_type_partition(TEXT) TO app_background;
