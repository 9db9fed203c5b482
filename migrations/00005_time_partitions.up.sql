-- Upkeep of tables that are partitioned by ranges of time, in days of UTC.
--
-- What may run at once: two of these functions on one table wait for each other by an advisory lock that ends
-- with the transaction. Against the application, every table lock that a change of partitions needs is taken
-- before the change begins, each with a short timeout and all of them again from the start when one is not
-- granted: the application never queues behind a waiting lock for longer than that timeout.

CREATE TABLE partitions.settings (
  schema_name TEXT NOT NULL,
  table_name TEXT NOT NULL,
  retain_days INTEGER DEFAULT 30,
  future_days INTEGER NOT NULL DEFAULT 7,

  PRIMARY KEY (schema_name, table_name),
  CONSTRAINT valid_retain_days CHECK (retain_days IS NULL OR retain_days >= 0),
  CONSTRAINT valid_future_days CHECK (future_days BETWEEN 0 AND 366)
);
COMMENT ON TABLE partitions.settings IS
  'The tables that partitions.maintain() looks after; the functions that create and drop partitions touch no other';
COMMENT ON COLUMN partitions.settings.schema_name IS 'Schema of the partitioned table';
COMMENT ON COLUMN partitions.settings.table_name IS 'Name of the partitioned table';
COMMENT ON COLUMN partitions.settings.retain_days IS
  'Partitions that end this many days before today, or earlier, are dropped; NULL keeps all';
COMMENT ON COLUMN partitions.settings.future_days IS 'How many days ahead of today partitions exist';

GRANT SELECT ON partitions.settings
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;

-- The catalogue prints bounds in the session's time zone; the settings of the function make that UTC.
CREATE FUNCTION partitions.bound_text(p_partition REGCLASS) RETURNS TEXT
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
AS $body$
  SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_class AS c WHERE c.oid = p_partition
$body$;

CREATE FUNCTION partitions.time_bounds(p_partition REGCLASS, OUT lower_bound TIMESTAMPTZ, OUT upper_bound TIMESTAMPTZ)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
AS $body$
DECLARE
  v_timestamp CONSTANT TEXT := '\d+-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00(?: BC)?';
  v_found TEXT[];
BEGIN
  v_found := regexp_match(
    partitions.bound_text(p_partition),
    format('^FOR VALUES FROM \((MINVALUE|''-?infinity''|''%1$s'')\) TO \((MAXVALUE|''-?infinity''|''%1$s'')\)$', v_timestamp)
  );
  IF v_found IS NOT NULL THEN
    lower_bound := replace(replace(v_found[1], 'MINVALUE', '-infinity'), '''', '')::TIMESTAMPTZ;
    upper_bound := replace(replace(v_found[2], 'MAXVALUE', 'infinity'), '''', '')::TIMESTAMPTZ;
  END IF;
END
$body$;

-- The days that a partition may have: others cannot be written as YYYY_MM_DD, which drops the era, and near the end
-- of time there is no next day.
CREATE FUNCTION partitions.may_have_partition(p_moment TIMESTAMPTZ) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN p_moment >= '0001-01-01 00:00:00+00'::TIMESTAMPTZ AND p_moment < '10000-01-01 00:00:00+00'::TIMESTAMPTZ;

CREATE FUNCTION partitions.default_of(p_table REGCLASS) RETURNS REGCLASS
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT NULLIF(t.partdefid, 0)::REGCLASS FROM pg_partitioned_table AS t WHERE t.partrelid = p_table
$body$;

CREATE FUNCTION partitions.time_key(p_table REGCLASS) RETURNS NAME
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  v_key NAME;
BEGIN
  SELECT a.attname INTO v_key
  FROM pg_partitioned_table AS t
  JOIN pg_attribute AS a ON a.attrelid = t.partrelid AND a.attnum = t.partattrs[0]
  WHERE t.partrelid = p_table AND t.partstrat = 'r' AND t.partnatts = 1
    AND a.atttypid = 'timestamptz'::REGTYPE;
  IF v_key IS NULL THEN
    RAISE EXCEPTION 'table % is not partitioned by ranges of one timestamptz column', p_table
      USING ERRCODE = 'wrong_object_type';
  END IF;
  IF NOT EXISTS (
    SELECT FROM partitions.settings AS s
    JOIN pg_namespace AS n ON n.nspname = s.schema_name
    JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.table_name
    WHERE c.oid = p_table
  ) THEN
    RAISE EXCEPTION 'table % is not listed in partitions.settings', p_table
      USING
        ERRCODE = 'object_not_in_prerequisite_state',
        HINT = 'Insert its schema and name into partitions.settings to have its partitions looked after.';
  END IF;
  RETURN v_key;
END
$body$;

-- The columns of a table that can be written, in the table's order: generated ones compute themselves.
CREATE FUNCTION partitions.writable_columns(p_table REGCLASS) RETURNS TEXT
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
  FROM pg_attribute AS a
  WHERE a.attrelid = p_table AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
$body$;

-- Waits as long as it takes: what holds it is a run of this same upkeep, which itself never waits for long.
CREATE FUNCTION partitions.lock_upkeep(p_table REGCLASS) RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET lock_timeout = 0
AS $body$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('mister-smith partitions'), p_table::OID::INTEGER);
END
$body$;

-- Locks that adding a partition needs: no writes to the parent (a row that is already on its way to the default
-- partition would be refused there), nothing at all on the default partition, and no writes to the tables on the
-- other side of its foreign keys. Dropping needs the parent alone for itself.
CREATE FUNCTION partitions.lock_tables(p_table REGCLASS, p_to_drop BOOLEAN) RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET lock_timeout = '250ms'
AS $body$
DECLARE
  v_attempts CONSTANT INTEGER := 40;
  v_default REGCLASS := partitions.default_of(p_table);
  v_neighbour REGCLASS;
BEGIN
  FOR v_attempt IN 1..v_attempts LOOP
    BEGIN
      EXECUTE format(
        'LOCK TABLE ONLY %s IN %s MODE',
        p_table, CASE WHEN p_to_drop THEN 'ACCESS EXCLUSIVE' ELSE 'SHARE ROW EXCLUSIVE' END
      );
      IF v_default IS NOT NULL THEN
        EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', v_default);
      END IF;
      FOR v_neighbour IN
        SELECT n.oid
        FROM (
          SELECT k.confrelid AS oid FROM pg_constraint AS k WHERE k.contype = 'f' AND k.conrelid = p_table
          UNION
          SELECT k.conrelid FROM pg_constraint AS k
          WHERE k.contype = 'f' AND k.confrelid = p_table AND k.conparentid = 0
        ) AS n
        WHERE n.oid <> p_table AND NOT p_to_drop
        ORDER BY n.oid
      LOOP
        EXECUTE format('LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE', v_neighbour);
      END LOOP;
      RETURN;
    EXCEPTION
      WHEN lock_not_available OR deadlock_detected THEN
        IF v_attempt = v_attempts THEN
          RAISE EXCEPTION 'table % is busy: its locks were not granted in % attempts', p_table, v_attempts
            USING
              ERRCODE = 'lock_not_available',
              HINT = 'Look in pg_stat_activity for long transactions that use it, and run this again.';
        END IF;
    END;
    PERFORM pg_sleep(0.05 + random() * 0.15);
  END LOOP;
END
$body$;

-- A row cannot be deleted in one partition and inserted in another while a foreign key points at it: the key looks
-- for it in the partition that it left, and would refuse, or worse, cascade. But a key that follows updates can be
-- led to the new place.
CREATE FUNCTION partitions.is_referenced(p_table REGCLASS) RETURNS BOOLEAN
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  v_key RECORD;
  v_referenced BOOLEAN := FALSE;
BEGIN
  FOR v_key IN
    SELECT k.conname, k.conrelid::REGCLASS AS source, k.confupdtype = 'c' AS follows
    FROM pg_constraint AS k
    WHERE k.contype = 'f' AND k.confrelid = p_table AND k.conparentid = 0
  LOOP
    IF NOT v_key.follows THEN
      RAISE EXCEPTION 'rows of the default partition of % cannot be moved: foreign key % of % does not follow them',
        p_table, v_key.conname, v_key.source
        USING
          ERRCODE = 'object_not_in_prerequisite_state',
          HINT = 'Declare the foreign key ON UPDATE CASCADE. No row was moved or lost.';
    END IF;
    v_referenced := TRUE;
  END LOOP;
  RETURN v_referenced;
END
$body$;

-- How far rows of [p_lower, p_upper) can be put off for a moment without meeting others: a hundred thousand years,
-- or more where a row has such a time. They could not be told apart on the way back.
CREATE FUNCTION partitions.free_distance(p_table REGCLASS, p_lower TIMESTAMPTZ, p_upper TIMESTAMPTZ) RETURNS INTERVAL
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $body$
DECLARE
  v_key NAME := partitions.time_key(p_table);
  v_distance INTERVAL := '36524250 days';
  v_taken BOOLEAN;
BEGIN
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I >= $1 AND %I < $2)', p_table, v_key, v_key)
      INTO v_taken USING p_lower + v_distance, p_upper + v_distance;
    EXIT WHEN NOT v_taken;
    v_distance := v_distance + (p_upper - p_lower);
  END LOOP;
  RETURN v_distance;
END
$body$;

-- Adds a partition for [p_lower, p_upper), with the rows that waited for it in the default partition.
--
-- While rows of its range lie in the default partition, the new one cannot be attached. If nothing refers to them,
-- they go into the new table before it is attached, which fires no INSERT trigger. If something does, they change
-- their time, to one far ahead that no row has and back, and the second change lands in the new partition.
CREATE FUNCTION partitions.add_time_partition(
  p_table REGCLASS, p_name NAME, p_lower TIMESTAMPTZ, p_upper TIMESTAMPTZ
) RETURNS BIGINT
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET lock_timeout = '5s'
AS $body$
DECLARE
  v_aside INTERVAL;
  v_key NAME := partitions.time_key(p_table);
  v_default REGCLASS := partitions.default_of(p_table);
  v_columns TEXT := partitions.writable_columns(p_table);
  v_schema NAME;
  v_partition TEXT;
  v_waiting BOOLEAN := FALSE;
  v_referenced BOOLEAN := FALSE;
  v_moved BIGINT := 0;
BEGIN
  SELECT n.nspname INTO v_schema
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = p_table;
  v_partition := format('%I.%I', v_schema, p_name);

  PERFORM partitions.lock_tables(p_table, FALSE);
  EXECUTE format(
    'CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION)',
    v_partition, p_table
  );
  IF v_default IS NOT NULL THEN
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I >= $1 AND %I < $2)', v_default, v_key, v_key)
      INTO v_waiting USING p_lower, p_upper;
  END IF;
  IF v_waiting THEN
    PERFORM set_config('partitions.moving_rows', 'on', TRUE);
    v_referenced := partitions.is_referenced(p_table);
    IF v_referenced THEN
      v_aside := partitions.free_distance(p_table, p_lower, p_upper);
      EXECUTE format('UPDATE %s SET %I = %I + $3 WHERE %I >= $1 AND %I < $2', p_table, v_key, v_key, v_key, v_key)
        USING p_lower, p_upper, v_aside;
    ELSE
      EXECUTE format(
        'WITH moved AS (DELETE FROM %s WHERE %I >= $1 AND %I < $2 RETURNING %s) INSERT INTO %s (%s) SELECT %s FROM moved',
        v_default, v_key, v_key, v_columns, v_partition, v_columns, v_columns
      ) USING p_lower, p_upper;
    END IF;
    GET DIAGNOSTICS v_moved = ROW_COUNT;
  END IF;
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', p_table, v_partition, p_lower, p_upper);
  IF v_referenced THEN
    EXECUTE format('UPDATE %s SET %I = %I - $3 WHERE %I >= $1 AND %I < $2', p_table, v_key, v_key, v_key, v_key)
      USING p_lower + v_aside, p_upper + v_aside, v_aside;
  END IF;
  PERFORM set_config('partitions.moving_rows', 'off', TRUE);
  RETURN v_moved;
END
$body$;

CREATE FUNCTION partitions.create_time_partition(
  p_table_name REGCLASS,
  p_start_date DATE,
  p_interval INTERVAL DEFAULT '1 day'
) RETURNS TEXT
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
AS $body$
DECLARE
  v_lower TIMESTAMPTZ;
  v_upper TIMESTAMPTZ;
  v_schema NAME;
  v_table NAME;
  v_name TEXT;
  v_existing REGCLASS;
BEGIN
  PERFORM partitions.time_key(p_table_name);
  IF p_start_date IS NULL OR NOT isfinite(p_start_date) THEN
    RAISE EXCEPTION 'start date % is not a day', COALESCE(p_start_date::TEXT, 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF p_start_date NOT BETWEEN '0001-01-01' AND '9999-12-31' THEN
    RAISE EXCEPTION 'start date % is not within the years 1 to 9999', p_start_date
      USING
        ERRCODE = 'invalid_parameter_value',
        HINT = 'Rows of other days stay in the default partition. Correct or delete them if their time is a mistake.';
  END IF;
  v_lower := p_start_date::TIMESTAMP AT TIME ZONE 'UTC';
  v_upper := (p_start_date::TIMESTAMP + p_interval) AT TIME ZONE 'UTC';
  IF v_upper IS NULL OR v_upper <= v_lower OR v_upper <> date_trunc('day', v_upper) THEN
    RAISE EXCEPTION 'interval % is not a number of whole days above zero', COALESCE(p_interval::TEXT, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give an interval such as 1 day, 7 days or 1 month.';
  END IF;
  IF v_upper > '10000-01-01 00:00:00+00' THEN
    RAISE EXCEPTION 'interval % from % on ends after the year 9999', p_interval, p_start_date
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a shorter interval, such as 1 day or 1 month.';
  END IF;
  SELECT n.nspname, c.relname INTO v_schema, v_table
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = p_table_name;
  v_name := v_table || '_' || to_char(p_start_date, 'YYYY_MM_DD');
  IF octet_length(v_name) > 63 THEN
    RAISE EXCEPTION 'the name % of the partition is longer than 63 bytes', v_name
      USING ERRCODE = 'name_too_long';
  END IF;

  PERFORM partitions.lock_upkeep(p_table_name);
  v_existing := to_regclass(format('%I.%I', v_schema, v_name));
  IF v_existing IS NULL THEN
    PERFORM partitions.add_time_partition(p_table_name, v_name::NAME, v_lower, v_upper);
  ELSIF NOT EXISTS (
    SELECT FROM pg_inherits AS i, partitions.time_bounds(v_existing) AS b
    WHERE i.inhrelid = v_existing AND i.inhparent = p_table_name
      AND b.lower_bound = v_lower AND b.upper_bound = v_upper
  ) THEN
    RAISE EXCEPTION '%.% exists and is not the partition of % from % to %', v_schema, v_name, p_table_name, v_lower, v_upper
      USING ERRCODE = 'duplicate_table';
  END IF;
  RETURN format('%I.%I', v_schema, v_name);
END
$body$;

-- The partitions of a table that end at or before p_before.
CREATE FUNCTION partitions.expired_partitions(p_table REGCLASS, p_before TIMESTAMPTZ) RETURNS SETOF REGCLASS
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT i.inhrelid::REGCLASS
  FROM pg_inherits AS i, partitions.time_bounds(i.inhrelid) AS b
  WHERE i.inhparent = p_table AND b.upper_bound <= p_before
  ORDER BY b.upper_bound
$body$;

-- Drops the partitions that end at or before p_before, and deletes the rows of that age which lie in the default
-- partition. A partition that a foreign key points into is detached first: the detach refuses while a row is
-- still referenced.
CREATE FUNCTION partitions.drop_time_partitions(
  p_table REGCLASS, p_before TIMESTAMPTZ, OUT dropped INTEGER, OUT purged_rows BIGINT
)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s'
AS $body$
DECLARE
  v_default REGCLASS := partitions.default_of(p_table);
  v_expired REGCLASS[] := ARRAY(SELECT partitions.expired_partitions(p_table, p_before));
  v_referenced BOOLEAN := EXISTS (SELECT FROM pg_constraint AS k WHERE k.contype = 'f' AND k.confrelid = p_table);
  v_partition REGCLASS;
BEGIN
  dropped := 0;
  purged_rows := 0;
  IF cardinality(v_expired) > 0 THEN
    PERFORM partitions.lock_tables(p_table, TRUE);
    FOREACH v_partition IN ARRAY v_expired LOOP
      IF v_referenced THEN
        EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', p_table, v_partition);
      END IF;
      EXECUTE format('DROP TABLE %s', v_partition);
      dropped := dropped + 1;
    END LOOP;
  END IF;
  IF v_default IS NOT NULL THEN
    EXECUTE format('DELETE FROM %s WHERE %I < $1', v_default, partitions.time_key(p_table)) USING p_before;
    GET DIAGNOSTICS purged_rows = ROW_COUNT;
  END IF;
END
$body$;

-- The days of UTC, from p_from on, of which rows lie in the default partition and may have another. At most 60 at a time: every
-- partition that one transaction creates costs entries of the server's lock table.
CREATE FUNCTION partitions.days_in_default(p_table REGCLASS, p_from TIMESTAMPTZ) RETURNS DATE[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  v_default REGCLASS := partitions.default_of(p_table);
  v_days DATE[];
BEGIN
  IF v_default IS NULL THEN
    RETURN '{}';
  END IF;
  EXECUTE format(
    $query$SELECT ARRAY(
      SELECT DISTINCT (%1$I AT TIME ZONE 'UTC')::DATE
      FROM %2$s
      WHERE %1$I >= $1 AND partitions.may_have_partition(%1$I)
      ORDER BY 1
      LIMIT 60
    )$query$,
    partitions.time_key(p_table), v_default
  ) INTO v_days USING p_from;
  RETURN v_days;
END
$body$;

CREATE FUNCTION partitions.manage(
  p_table REGCLASS, p_retain_days INTEGER, p_future_days INTEGER,
  OUT created INTEGER, OUT moved_rows BIGINT, OUT dropped INTEGER, OUT purged_rows BIGINT, OUT default_rows BIGINT
)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD'
AS $body$
DECLARE
  v_today CONSTANT DATE := (now() AT TIME ZONE 'UTC')::DATE;
  v_default REGCLASS := partitions.default_of(p_table);
  v_keep_from TIMESTAMPTZ;
  v_day DATE;
  v_name TEXT;
BEGIN
  PERFORM partitions.time_key(p_table);
  IF p_retain_days < 0 OR p_future_days IS NULL OR p_future_days NOT BETWEEN 0 AND 366 THEN
    RAISE EXCEPTION 'cannot retain % days and create % days ahead',
      COALESCE(p_retain_days::TEXT, 'all'), COALESCE(p_future_days::TEXT, 'NULL')
      USING
        ERRCODE = 'invalid_parameter_value',
        HINT = 'Retain 0 days or more, or NULL for all; create 0 to 366 days ahead.';
  END IF;
  v_keep_from := COALESCE((v_today - p_retain_days)::TIMESTAMP AT TIME ZONE 'UTC', '-infinity');

  PERFORM partitions.lock_upkeep(p_table);
  created := 0;
  moved_rows := 0;
  FOREACH v_day IN ARRAY
    ARRAY(SELECT v_today + d FROM generate_series(0, p_future_days) AS d)
    || partitions.days_in_default(p_table, v_keep_from)
  LOOP
    CONTINUE WHEN EXISTS (
      SELECT FROM pg_inherits AS i, partitions.time_bounds(i.inhrelid) AS b
      WHERE i.inhparent = p_table
        AND b.lower_bound < v_day + 1 AND b.upper_bound > v_day
    );
    SELECT c.relname || '_' || to_char(v_day, 'YYYY_MM_DD') INTO v_name FROM pg_class AS c WHERE c.oid = p_table;
    moved_rows := moved_rows
      + partitions.add_time_partition(p_table, v_name::NAME, v_day::TIMESTAMPTZ, (v_day + 1)::TIMESTAMPTZ);
    created := created + 1;
  END LOOP;
  SELECT d.dropped, d.purged_rows INTO dropped, purged_rows
  FROM partitions.drop_time_partitions(p_table, v_keep_from) AS d;
  default_rows := 0;
  IF v_default IS NOT NULL THEN
    EXECUTE format('SELECT count(*) FROM %s', v_default) INTO default_rows;
  END IF;
END
$body$;

CREATE FUNCTION partitions.manage_time_partitions(
  p_table_name REGCLASS,
  p_retain_days INTEGER DEFAULT 30,
  p_future_days INTEGER DEFAULT 7
) RETURNS INTEGER
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT m.created + m.dropped FROM partitions.manage(p_table_name, p_retain_days, p_future_days) AS m
$body$;

-- One table's failure keeps no other from its upkeep: it is undone, warned of and told in its row, since an error at
-- the end would undo the others as well. Asked for one table there is nothing to save, and the error is raised.
--
-- The locks of a table that was changed are held until the transaction ends, so also while the next one waits for
-- its own. Where that is too long, call this once for each table, as `smith partitions maintain` does.
CREATE FUNCTION partitions.maintain(p_table_name REGCLASS DEFAULT NULL)
RETURNS TABLE (
  table_name TEXT, created INTEGER, moved_rows BIGINT, dropped INTEGER, purged_rows BIGINT, default_rows BIGINT,
  error TEXT
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  v_setting RECORD;
  v_hint TEXT;
BEGIN
  IF p_table_name IS NOT NULL THEN
    PERFORM partitions.time_key(p_table_name);
  END IF;
  FOR v_setting IN
    SELECT format('%I.%I', s.schema_name, s.table_name) AS name, s.retain_days, s.future_days
    FROM partitions.settings AS s
    ORDER BY s.schema_name, s.table_name
  LOOP
    CONTINUE WHEN p_table_name IS NOT NULL AND p_table_name IS DISTINCT FROM to_regclass(v_setting.name);
    table_name := v_setting.name;
    error := NULL;
    BEGIN
      SELECT m.created, m.moved_rows, m.dropped, m.purged_rows, m.default_rows
      INTO created, moved_rows, dropped, purged_rows, default_rows
      FROM partitions.manage(v_setting.name::REGCLASS, v_setting.retain_days, v_setting.future_days) AS m;
    EXCEPTION
      WHEN OTHERS THEN
        IF p_table_name IS NOT NULL THEN
          RAISE;
        END IF;
        GET STACKED DIAGNOSTICS v_hint = PG_EXCEPTION_HINT;
        error := format('%s (%s)', SQLERRM, SQLSTATE);
        created := 0;
        moved_rows := 0;
        dropped := 0;
        purged_rows := 0;
        default_rows := NULL;
        RAISE WARNING 'the upkeep of % failed: %', table_name, error
          USING HINT = COALESCE(
            NULLIF(v_hint, ''), format('SELECT partitions.maintain(%L) looks after it alone and shows the whole error.', table_name)
          );
    END;
    RETURN NEXT;
  END LOOP;
END
$body$;

CREATE VIEW partitions.list AS
SELECT
  pn.nspname::TEXT AS parent_schema,
  p.relname::TEXT AS parent_table,
  cn.nspname::TEXT AS partition_schema,
  c.relname::TEXT AS partition_name,
  CASE t.partstrat WHEN 'r' THEN 'range' WHEN 'l' THEN 'list' ELSE 'hash' END AS strategy,
  c.oid = t.partdefid AS is_default,
  partitions.bound_text(c.oid) AS bounds,
  b.lower_bound,
  b.upper_bound,
  pg_total_relation_size(c.oid) AS size_bytes,
  CASE WHEN c.reltuples >= 0 THEN c.reltuples::BIGINT END AS row_estimate
FROM pg_partitioned_table AS t
JOIN pg_class AS p ON p.oid = t.partrelid
JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
JOIN pg_inherits AS i ON i.inhparent = p.oid
JOIN pg_class AS c ON c.oid = i.inhrelid
JOIN pg_namespace AS cn ON cn.oid = c.relnamespace
CROSS JOIN LATERAL partitions.time_bounds(c.oid) AS b
ORDER BY pn.nspname, p.relname, c.oid = t.partdefid, b.lower_bound, c.relname;

COMMENT ON VIEW partitions.list IS 'Every partition of every partitioned table, with its bounds and size';
COMMENT ON COLUMN partitions.list.parent_schema IS 'Schema of the partitioned table';
COMMENT ON COLUMN partitions.list.parent_table IS 'Name of the partitioned table';
COMMENT ON COLUMN partitions.list.partition_schema IS 'Schema of the partition';
COMMENT ON COLUMN partitions.list.partition_name IS 'Name of the partition';
COMMENT ON COLUMN partitions.list.strategy IS 'How the table is partitioned: range, list or hash';
COMMENT ON COLUMN partitions.list.is_default IS 'Whether the partition takes the rows that fit no other';
COMMENT ON COLUMN partitions.list.bounds IS 'The partition''s bounds as SQL, times in UTC';
COMMENT ON COLUMN partitions.list.lower_bound IS 'Start of a range of time, inclusive; NULL for other partitions';
COMMENT ON COLUMN partitions.list.upper_bound IS 'End of a range of time, exclusive; NULL for other partitions';
COMMENT ON COLUMN partitions.list.size_bytes IS 'Bytes on disk with indexes and out-of-line values';
COMMENT ON COLUMN partitions.list.row_estimate IS 'Rows as of the last ANALYZE or VACUUM; NULL before the first';

COMMENT ON FUNCTION partitions.bound_text(REGCLASS) IS 'The bounds of a partition as SQL, times in UTC';
COMMENT ON FUNCTION partitions.time_bounds(REGCLASS) IS
  'The bounds of a partition by one range of time; NULLs for any other partition';
COMMENT ON FUNCTION partitions.may_have_partition(TIMESTAMPTZ) IS
  'Whether a moment lies within the years 1 to 9999: rows of other days stay in the default partition';
COMMENT ON FUNCTION partitions.default_of(REGCLASS) IS 'The default partition of a table, or NULL';
COMMENT ON FUNCTION partitions.time_key(REGCLASS) IS
  'The column by which a table that partitions.settings lists is partitioned; an error for any other table';
COMMENT ON FUNCTION partitions.writable_columns(REGCLASS) IS
  'The quoted names of a table''s columns without the generated ones, separated by commas';
COMMENT ON FUNCTION partitions.lock_upkeep(REGCLASS) IS
  'Keeps other runs of the upkeep away from a table until the transaction ends; waits for them';
COMMENT ON FUNCTION partitions.lock_tables(REGCLASS, BOOLEAN) IS
  'Takes all locks that adding or dropping a partition needs, each within 250 ms or all of them again, 40 times';
COMMENT ON FUNCTION partitions.is_referenced(REGCLASS) IS
  'Whether foreign keys point at a table; an error if one of them does not follow an update';
COMMENT ON FUNCTION partitions.free_distance(REGCLASS, TIMESTAMPTZ, TIMESTAMPTZ) IS
  'How far ahead of a range of time lies one of the same length that no row is in';
COMMENT ON FUNCTION partitions.add_time_partition(REGCLASS, NAME, TIMESTAMPTZ, TIMESTAMPTZ) IS
  'Adds a partition and moves into it what waited in the default partition; returns the number of rows moved';
COMMENT ON FUNCTION partitions.create_time_partition(REGCLASS, DATE, INTERVAL) IS
  'Makes sure of a partition from a day of UTC on, within the years 1 to 9999, with the rows that waited for it in the default partition; returns its name';
COMMENT ON FUNCTION partitions.expired_partitions(REGCLASS, TIMESTAMPTZ) IS
  'The partitions of a table that end at or before a point in time';
COMMENT ON FUNCTION partitions.drop_time_partitions(REGCLASS, TIMESTAMPTZ) IS
  'Drops the partitions that end at or before a point in time and deletes older rows from the default partition';
COMMENT ON FUNCTION partitions.days_in_default(REGCLASS, TIMESTAMPTZ) IS
  'The first 60 days of UTC, within the years 1 to 9999, of which rows lie in the default partition';
COMMENT ON FUNCTION partitions.manage(REGCLASS, INTEGER, INTEGER) IS
  'Creates partitions ahead, empties the default partition into its proper ones and drops what is too old';
COMMENT ON FUNCTION partitions.manage_time_partitions(REGCLASS, INTEGER, INTEGER) IS
  'Creates partitions ahead, empties the default partition, drops what is too old; returns how many partitions it created and dropped';
COMMENT ON FUNCTION partitions.maintain(REGCLASS) IS
  'Manages every table of partitions.settings, or the given one, with its settings; one row a table says what was done, and default_rows how many rows are left in its default partition: those outside the years 1 to 9999, and those of more than 60 days, which the next run goes on with. A table that failed is left as it was, and its row says the error; asked for that table alone, the error is raised';

REVOKE EXECUTE ON FUNCTION
  partitions.bound_text(REGCLASS),
  partitions.time_bounds(REGCLASS),
  partitions.may_have_partition(TIMESTAMPTZ),
  partitions.default_of(REGCLASS),
  partitions.time_key(REGCLASS),
  partitions.writable_columns(REGCLASS),
  partitions.lock_upkeep(REGCLASS),
  partitions.lock_tables(REGCLASS, BOOLEAN),
  partitions.is_referenced(REGCLASS),
  partitions.free_distance(REGCLASS, TIMESTAMPTZ, TIMESTAMPTZ),
  partitions.add_time_partition(REGCLASS, NAME, TIMESTAMPTZ, TIMESTAMPTZ),
  partitions.create_time_partition(REGCLASS, DATE, INTERVAL),
  partitions.expired_partitions(REGCLASS, TIMESTAMPTZ),
  partitions.drop_time_partitions(REGCLASS, TIMESTAMPTZ),
  partitions.days_in_default(REGCLASS, TIMESTAMPTZ),
  partitions.manage(REGCLASS, INTEGER, INTEGER),
  partitions.manage_time_partitions(REGCLASS, INTEGER, INTEGER),
  partitions.maintain(REGCLASS)
  FROM PUBLIC;
GRANT SELECT ON partitions.list
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;
GRANT EXECUTE ON FUNCTION partitions.bound_text(REGCLASS), partitions.time_bounds(REGCLASS)
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;
GRANT EXECUTE ON FUNCTION
  partitions.create_time_partition(REGCLASS, DATE, INTERVAL),
  partitions.manage_time_partitions(REGCLASS, INTEGER, INTEGER),
  partitions.maintain(REGCLASS)
  TO app_background;
