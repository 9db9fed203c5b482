-- Indexes that every write of a hot table would pay for, so they are there only for those who ask for them.
--
-- CREATE INDEX CONCURRENTLY runs neither in a function nor on a partitioned table. So the database says which
-- statements are to be run, in order, from what it finds: a plan that stopped half-way is simply asked for again.

CREATE FUNCTION partitions.optional_index_definitions()
RETURNS TABLE (index_name TEXT, schema_name TEXT, table_name TEXT, definition TEXT, purpose TEXT)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $body$
  VALUES
    (
      'idx_agents_state_value_gin', 'agents', 'state', 'USING gin (state_value)',
      'state by what its value contains: state_value @> ...'
    ),
    (
      'idx_tasks_queue_payload_gin', 'tasks', 'queue', 'USING gin (payload)',
      'tasks by what their payload contains: payload @> ...'
    )
$body$;

-- The name of the index on one partition, cut to 63 bytes where need be, with a digest in place of what was cut.
CREATE FUNCTION partitions.optional_index_part_name(p_index TEXT, p_partition TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT CASE
    WHEN octet_length(p_index || '_' || p_partition) <= 63 THEN p_index || '_' || p_partition
    ELSE left(p_index || '_' || p_partition, 50) || '_' || left(public.sha256_hex(p_index || '_' || p_partition), 12)
  END
$body$;

-- One row for each partition that an optional index is to cover, with the index that is there for it.
CREATE FUNCTION partitions.optional_index_parts(p_index TEXT)
RETURNS TABLE (
  partition_schema TEXT, partition_name TEXT, part_name TEXT, is_there BOOLEAN, is_valid BOOLEAN, is_attached BOOLEAN
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT
    pn.nspname, p.relname,
    -- An index that came with the partition has the name that the server gave it.
    COALESCE(attached.relname, partitions.optional_index_part_name(p_index, p.relname)),
    COALESCE(attached.relname, loose.relname) IS NOT NULL,
    COALESCE(attached.indisvalid, loose.indisvalid, FALSE),
    attached.relname IS NOT NULL
  FROM partitions.optional_index_definitions() AS d
  JOIN pg_namespace AS n ON n.nspname = d.schema_name
  JOIN pg_class AS t ON t.relnamespace = n.oid AND t.relname = d.table_name
  JOIN pg_inherits AS ti ON ti.inhparent = t.oid
  JOIN pg_class AS p ON p.oid = ti.inhrelid
  JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
  LEFT JOIN LATERAL (
    SELECT c.relname::TEXT, x.indisvalid
    FROM pg_index AS x
    JOIN pg_class AS c ON c.oid = x.indexrelid
    JOIN pg_inherits AS xi ON xi.inhrelid = c.oid
    JOIN pg_class AS whole ON whole.oid = xi.inhparent
    WHERE x.indrelid = p.oid AND whole.relname = p_index AND whole.relnamespace = n.oid
  ) AS attached ON TRUE
  LEFT JOIN LATERAL (
    SELECT c.relname::TEXT, x.indisvalid
    FROM pg_index AS x
    JOIN pg_class AS c ON c.oid = x.indexrelid
    WHERE x.indrelid = p.oid AND c.relname = partitions.optional_index_part_name(p_index, p.relname)
  ) AS loose ON TRUE
  WHERE d.index_name = p_index
  ORDER BY pn.nspname, p.relname
$body$;

CREATE VIEW partitions.optional_indexes AS
SELECT
  d.index_name,
  d.schema_name,
  d.table_name,
  d.definition,
  d.purpose,
  parts.total AS partitions,
  parts.built AS built_partitions,
  CASE
    WHEN whole.indisvalid THEN 'present'
    WHEN whole.indisvalid IS NULL AND parts.begun = 0 THEN 'absent'
    ELSE 'partial'
  END AS state
FROM partitions.optional_index_definitions() AS d
LEFT JOIN LATERAL (
  SELECT x.indisvalid
  FROM pg_catalog.pg_index AS x
  JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relname = d.index_name AND n.nspname = d.schema_name
) AS whole ON TRUE
CROSS JOIN LATERAL (
  SELECT
    count(*)::INTEGER AS total,
    count(*) FILTER (WHERE p.is_attached AND p.is_valid)::INTEGER AS built,
    count(*) FILTER (WHERE p.is_there)::INTEGER AS begun
  FROM partitions.optional_index_parts(d.index_name) AS p
) AS parts
ORDER BY d.index_name;

CREATE FUNCTION partitions.optional_index_plan(p_index TEXT, p_enable BOOLEAN)
RETURNS TABLE (step INTEGER, statement TEXT)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  v_index RECORD;
  v_whole REGCLASS;
BEGIN
  SELECT d.* INTO v_index FROM partitions.optional_index_definitions() AS d WHERE d.index_name = p_index;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no optional index is called %', COALESCE(p_index, 'NULL')
      USING
        ERRCODE = 'undefined_object',
        HINT = 'There are: ' || (
          SELECT string_agg(d.index_name, ', ' ORDER BY d.index_name) FROM partitions.optional_index_definitions() AS d
        );
  END IF;
  IF p_enable IS NULL THEN
    RAISE EXCEPTION 'neither enable nor disable was asked for'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give TRUE to enable the index, FALSE to disable it.';
  END IF;
  v_whole := to_regclass(format('%I.%I', v_index.schema_name, p_index));

  RETURN QUERY
  WITH part AS (
    SELECT p.*, row_number() OVER (ORDER BY p.partition_schema, p.partition_name) AS nr
    FROM partitions.optional_index_parts(p_index) AS p
  ),
  statements AS (
    -- An interrupted CREATE INDEX CONCURRENTLY leaves an index that is paid for and never used.
    SELECT 1 AS phase, p.nr, 1 AS part_step, format('DROP INDEX CONCURRENTLY %I.%I', p.partition_schema, p.part_name) AS sql
    FROM part AS p
    WHERE p.is_there AND NOT p.is_attached AND (NOT p.is_valid OR NOT p_enable)
    UNION ALL
    -- The index of the parent alone is made in no time, and partitions created from then on have it.
    SELECT 2, 0, 1, format('CREATE INDEX %I ON ONLY %I.%I %s', p_index, v_index.schema_name, v_index.table_name, v_index.definition)
    WHERE p_enable AND v_whole IS NULL
    UNION ALL
    SELECT 3, p.nr, 1, format(
      'CREATE INDEX CONCURRENTLY %I ON %I.%I %s', p.part_name, p.partition_schema, p.partition_name, v_index.definition
    )
    FROM part AS p
    WHERE p_enable AND NOT p.is_attached AND NOT (p.is_there AND p.is_valid)
    UNION ALL
    SELECT 3, p.nr, 2, format(
      'ALTER INDEX %I.%I ATTACH PARTITION %I.%I', v_index.schema_name, p_index, p.partition_schema, p.part_name
    )
    FROM part AS p
    WHERE p_enable AND NOT p.is_attached
    UNION ALL
    SELECT 4, 0, 1, format('DROP INDEX %I.%I', v_index.schema_name, p_index)
    WHERE NOT p_enable AND v_whole IS NOT NULL
  )
  SELECT (row_number() OVER (ORDER BY s.phase, s.nr, s.part_step))::INTEGER, s.sql
  FROM statements AS s
  ORDER BY s.phase, s.nr, s.part_step;
END
$body$;

COMMENT ON VIEW partitions.optional_indexes IS 'The indexes that can be asked for, and whether they are there';
COMMENT ON COLUMN partitions.optional_indexes.index_name IS 'The index';
COMMENT ON COLUMN partitions.optional_indexes.schema_name IS 'Schema of its table';
COMMENT ON COLUMN partitions.optional_indexes.table_name IS 'Name of its table';
COMMENT ON COLUMN partitions.optional_indexes.definition IS 'What is indexed, as SQL';
COMMENT ON COLUMN partitions.optional_indexes.purpose IS 'The queries that it is for';
COMMENT ON COLUMN partitions.optional_indexes.partitions IS 'How many partitions the table has';
COMMENT ON COLUMN partitions.optional_indexes.built_partitions IS 'How many of them have the index';
COMMENT ON COLUMN partitions.optional_indexes.state IS
  'absent; present, on all partitions; or partial: its plan stopped half-way and is to be asked for again';
COMMENT ON FUNCTION partitions.optional_index_definitions() IS 'The indexes that can be asked for';
COMMENT ON FUNCTION partitions.optional_index_part_name(TEXT, TEXT) IS 'What an optional index is called on one partition';
COMMENT ON FUNCTION partitions.optional_index_parts(TEXT) IS 'How far an optional index is built, partition by partition';
COMMENT ON FUNCTION partitions.optional_index_plan(TEXT, BOOLEAN) IS
  'The statements that bring an optional index or take it away, to be run one by one, outside a transaction';

REVOKE EXECUTE ON FUNCTION
  partitions.optional_index_definitions(),
  partitions.optional_index_part_name(TEXT, TEXT),
  partitions.optional_index_parts(TEXT),
  partitions.optional_index_plan(TEXT, BOOLEAN)
  FROM PUBLIC;
GRANT SELECT ON partitions.optional_indexes
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;
GRANT EXECUTE ON FUNCTION
  partitions.optional_index_definitions(),
  partitions.optional_index_part_name(TEXT, TEXT),
  partitions.optional_index_parts(TEXT)
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;
