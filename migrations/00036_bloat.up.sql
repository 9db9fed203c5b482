-- How much of tables and indexes is bloat, by estimation: of what the statistics know of the rows, so nothing is read of them.
-- Statistics of a table are for who may read it. These functions have the rights of the schema's owner and tell sizes, so
-- that who may only watch sees them.

CREATE FUNCTION monitoring.table_bloat()
RETURNS TABLE (
  relation_id OID, schema_name TEXT, table_name TEXT, table_bytes BIGINT, bloat_bytes BIGINT, reason TEXT
)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
  WITH locked AS MATERIALIZED (
    -- To ask for the size of such a table waits; so does asking behind whoever waits for the lock.
    SELECT DISTINCT l.relation
    FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
  ),
  tables AS MATERIALIZED (
    SELECT
      c.oid AS id, n.nspname, c.relname, c.relkind, c.relnatts, m.amname,
      (c.oid IN (SELECT k.relation FROM locked AS k)) AS is_locked,
      CASE WHEN c.oid IN (SELECT k.relation FROM locked AS k) THEN NULL ELSE pg_relation_size(c.oid) END AS bytes,
      (
        SELECT COALESCE(max(o.option_value) FILTER (WHERE o.option_name = 'fillfactor'), '100')::INTEGER
        FROM pg_options_to_table(c.reloptions) AS o
      ) AS fill,
      -- Counted since somebody looked, else as it was found by then; -1 for never.
      CASE
        WHEN COALESCE(
          pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid),
          pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)
        ) IS NOT NULL THEN pg_stat_get_live_tuples(c.oid)
        ELSE c.reltuples
      END AS live,
      has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid) AS is_visible
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
    WHERE c.relkind IN ('r', 'm', 't') AND c.relpersistence <> 't'
      -- Those of the catalogs themselves have lower numbers.
      AND c.oid >= 16384
    -- Of more than these, the smallest waste little, and would cost most of the time.
    ORDER BY is_locked DESC, bytes DESC, c.oid
    LIMIT 1000
  ),
  known AS MATERIALIZED (
    SELECT s.schemaname, s.tablename, s.attname, s.null_frac, s.avg_width
    FROM pg_catalog.pg_stats AS s
    WHERE NOT s.inherited AND s.schemaname NOT IN ('pg_catalog', 'information_schema')
  ),
  parts AS (
    SELECT
      t.id, a.attnum, s.attname AS known, a.attname, 1 - COALESCE(s.null_frac, 0) AS present,
      a.attlen > 0 AND s.null_frac = 0 AS is_fixed,
      (1 - s.null_frac) * CASE WHEN a.attlen > 0 THEN a.attlen ELSE s.avg_width END AS width,
      -- What is short and of no fixed length begins anywhere.
      CASE
        WHEN a.attlen < 0 AND COALESCE(s.avg_width, 0) < 128 THEN 1
        ELSE CASE a.attalign WHEN 'd' THEN 8 WHEN 'i' THEN 4 WHEN 's' THEN 2 ELSE 1 END
      END AS aligned
    FROM tables AS t
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.id AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN known AS s ON s.schemaname = t.nspname AND s.tablename = t.relname AND s.attname = a.attname
    WHERE t.bytes > 0 OR t.is_locked
  ),
  -- What is left free before a column, so that it begins at a multiple of its alignment, follows from what stands since the last
  -- column that began at one: first for those of 2 bytes, with these for those of 4, then of 8. After what has no fixed length, it
  -- is half of the most.
  from_two AS (
    SELECT p.*, count(*) FILTER (WHERE p.aligned >= 2) OVER (PARTITION BY p.id ORDER BY p.attnum) AS run FROM parts AS p
  ),
  sum_two AS (
    SELECT
      f.*, sum(f.width) OVER (PARTITION BY f.id, f.run) AS so_far, bool_and(f.is_fixed) OVER (PARTITION BY f.id, f.run) AS sure
    FROM from_two AS f
  ),
  two AS (
    SELECT
      f.id, f.attnum, f.attname, f.known, f.present, f.is_fixed, f.aligned,
      f.width + CASE
        WHEN f.aligned <> 2 OR lag(f.so_far) OVER w IS NULL THEN 0
        WHEN lag(f.sure) OVER w THEN mod(2 - mod((lag(f.so_far) OVER w)::NUMERIC, 2), 2) * f.present
        ELSE 0.5 * f.present
      END AS width
    FROM sum_two AS f
    WINDOW w AS (PARTITION BY f.id ORDER BY f.attnum)
  ),
  from_four AS (
    SELECT p.*, count(*) FILTER (WHERE p.aligned >= 4) OVER (PARTITION BY p.id ORDER BY p.attnum) AS run FROM two AS p
  ),
  sum_four AS (
    SELECT
      f.*, sum(f.width) OVER (PARTITION BY f.id, f.run) AS so_far, bool_and(f.is_fixed) OVER (PARTITION BY f.id, f.run) AS sure
    FROM from_four AS f
  ),
  four AS (
    SELECT
      f.id, f.attnum, f.attname, f.known, f.present, f.is_fixed, f.aligned,
      f.width + CASE
        WHEN f.aligned <> 4 OR lag(f.so_far) OVER w IS NULL THEN 0
        WHEN lag(f.sure) OVER w THEN mod(4 - mod((lag(f.so_far) OVER w)::NUMERIC, 4), 4) * f.present
        ELSE 1.5 * f.present
      END AS width
    FROM sum_four AS f
    WINDOW w AS (PARTITION BY f.id ORDER BY f.attnum)
  ),
  from_eight AS (
    SELECT p.*, count(*) FILTER (WHERE p.aligned >= 8) OVER (PARTITION BY p.id ORDER BY p.attnum) AS run FROM four AS p
  ),
  sum_eight AS (
    SELECT
      f.*, sum(f.width) OVER (PARTITION BY f.id, f.run) AS so_far, bool_and(f.is_fixed) OVER (PARTITION BY f.id, f.run) AS sure
    FROM from_eight AS f
  ),
  eight AS (
    SELECT
      f.id, f.attname, f.known, f.present,
      f.width + CASE
        WHEN f.aligned <> 8 OR lag(f.so_far) OVER w IS NULL THEN 0
        WHEN lag(f.sure) OVER w THEN mod(8 - mod((lag(f.so_far) OVER w)::NUMERIC, 8), 8) * f.present
        ELSE 3.5 * f.present
      END AS width
    FROM sum_eight AS f
    WINDOW w AS (PARTITION BY f.id ORDER BY f.attnum)
  ),
  columns AS (
    SELECT
      e.id, count(e.known) = count(e.attname) AS columns_known, COALESCE(bool_or(e.present < 1), FALSE) AS has_nulls,
      COALESCE(sum(e.width), 0) AS width
    FROM eight AS e
    GROUP BY e.id
  ),
  rows AS (
    SELECT
      t.*, w.columns_known,
      -- A row has its header, with a bit for each column where some are NULL, and its place in the page's list.
      4 + ceil((23 + CASE WHEN w.has_nulls THEN ceil(t.relnatts / 8.0) ELSE 0 END) / 8) * 8 + ceil(w.width / 8) * 8
        AS row_bytes
    FROM tables AS t
    JOIN columns AS w ON w.id = t.id
  ),
  estimated AS (
    SELECT
      r.*,
      CASE
        WHEN r.is_locked THEN 'locked'
        WHEN r.amname <> 'heap' THEN 'unsupported: ' || r.amname
        WHEN r.relkind = 't' THEN 'unsupported: TOAST'
        WHEN NOT r.is_visible THEN 'not visible'
        WHEN r.live < 0 OR (r.live > 0 AND NOT r.columns_known) THEN 'no statistics'
      END AS why_not,
      -- A page has a header, and leaves room as its fillfactor says.
      ceil(r.live / GREATEST(floor((b.size - 24) * r.fill / 100.0 / r.row_bytes), 1)) * b.size AS needed
    FROM rows AS r
    CROSS JOIN (SELECT current_setting('block_size')::INTEGER AS size) AS b
  )
  SELECT
    e.id, e.nspname::TEXT, e.relname::TEXT, e.bytes,
    CASE WHEN e.why_not IS NULL THEN GREATEST(e.bytes - e.needed, 0)::BIGINT END, e.why_not
  FROM estimated AS e;
END;

CREATE FUNCTION monitoring.index_bloat()
RETURNS TABLE (
  relation_id OID, schema_name TEXT, table_name TEXT, index_name TEXT, index_bytes BIGINT, bloat_bytes BIGINT, reason TEXT
)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
  WITH locked AS MATERIALIZED (
    SELECT DISTINCT l.relation
    FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
  ),
  indexes AS MATERIALIZED (
    SELECT
      c.oid AS id, n.nspname, t.oid AS table_id, t.relname AS table_name, c.relname, m.amname,
      i.indkey, i.indnkeyatts, i.indnatts, i.indisunique, o.fill, o.deduplicates,
      (c.oid IN (SELECT k.relation FROM locked AS k) OR t.oid IN (SELECT k.relation FROM locked AS k)) AS is_locked,
      CASE WHEN c.oid IN (SELECT k.relation FROM locked AS k) THEN NULL ELSE pg_relation_size(c.oid) END AS bytes,
      -- What is dead in the table is in the index until it is vacuumed; only the index knows of a part of the table.
      CASE
        WHEN i.indpred IS NULL AND COALESCE(
          pg_stat_get_last_vacuum_time(t.oid), pg_stat_get_last_autovacuum_time(t.oid),
          pg_stat_get_last_analyze_time(t.oid), pg_stat_get_last_autoanalyze_time(t.oid)
        ) IS NOT NULL THEN pg_stat_get_live_tuples(t.oid)
        ELSE c.reltuples
      END AS live,
      has_table_privilege(t.oid, 'SELECT') AND NOT row_security_active(t.oid) AS is_visible
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
    CROSS JOIN LATERAL (
      SELECT
        COALESCE(max(x.option_value) FILTER (WHERE x.option_name = 'fillfactor'), '90')::INTEGER AS fill,
        COALESCE(max(x.option_value) FILTER (WHERE x.option_name = 'deduplicate_items'), 'on')
          NOT IN ('false', 'off', 'no', '0') AS deduplicates
      FROM pg_options_to_table(c.reloptions) AS x
    ) AS o
    WHERE c.relkind = 'i' AND c.relpersistence <> 't' AND t.relkind IN ('r', 'm')
      AND c.oid >= 16384
    ORDER BY is_locked DESC, bytes DESC, c.oid
    LIMIT 1000
  ),
  known AS MATERIALIZED (
    SELECT s.schemaname, s.tablename, s.attname, s.null_frac, s.avg_width, s.n_distinct
    FROM pg_catalog.pg_stats AS s
    WHERE NOT s.inherited AND s.schemaname NOT IN ('pg_catalog', 'information_schema')
  ),
  columns AS (
    SELECT
      x.id, count(s.attname) = count(*) AS columns_known,
      COALESCE(max(s.null_frac), 0)::DOUBLE PRECISION AS null_part,
      COALESCE(sum((1 - s.null_frac) * s.avg_width), 0) AS width, max(s.n_distinct) AS distinct_values
    FROM indexes AS x
    CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k (attnum, place)
    -- The statistics of an expression are those of the index, under its own name of the column.
    JOIN pg_catalog.pg_attribute AS a
      ON a.attrelid = CASE WHEN k.attnum = 0 THEN x.id ELSE x.table_id END
      AND a.attnum = CASE WHEN k.attnum = 0 THEN k.place ELSE k.attnum END
    LEFT JOIN known AS s
      ON s.schemaname = x.nspname AND s.tablename = CASE WHEN k.attnum = 0 THEN x.relname ELSE x.table_name END
      AND s.attname = a.attname
    GROUP BY x.id
  ),
  entries AS (
    SELECT
      x.*, w.columns_known, w.null_part, w.distinct_values,
      8 + CASE WHEN w.null_part > 0 THEN 8 ELSE 0 END + ceil(w.width / 8) * 8 AS entry_bytes
    FROM indexes AS x
    JOIN columns AS w ON w.id = x.id
    WHERE x.bytes > 0 OR x.is_locked
  ),
  shared AS (
    SELECT
      e.*,
      -- Of equal keys, one is kept for a list of rows, which takes a tenth of a page at most.
      CASE
        WHEN e.indisunique OR NOT e.deduplicates OR e.indnatts > 1 OR e.live <= 0 THEN 1
        ELSE LEAST(
          e.live * (1 - e.null_part)
            / GREATEST(CASE WHEN e.distinct_values < 0 THEN -e.distinct_values * e.live ELSE e.distinct_values END, 1),
          GREATEST((b.size * 0.1 - e.entry_bytes) / 6, 1)
        )
      END AS rows_a_key,
      b.size
    FROM entries AS e
    CROSS JOIN (SELECT current_setting('block_size')::INTEGER AS size) AS b
  ),
  leaves AS (
    SELECT
      s.*,
      ceil(
        s.live * LEAST(4 + s.entry_bytes, 6 + (4 + s.entry_bytes) / GREATEST(s.rows_a_key, 1))
          / ((s.size - 40) * s.fill / 100.0)
      ) AS pages
    FROM shared AS s
  ),
  estimated AS (
    SELECT
      l.*,
      -- One page about the index, the leaves, and those that lead to them, which are not filled as much.
      (1 + l.pages + ceil(l.pages * (4 + l.entry_bytes) / ((l.size - 40) * 0.7))) * l.size AS needed
    FROM leaves AS l
  ),
  judged AS (
    SELECT
      e.*,
      CASE
        WHEN e.is_locked THEN 'locked'
        WHEN e.amname <> 'btree' THEN 'unsupported: ' || e.amname
        WHEN NOT e.is_visible THEN 'not visible'
        WHEN e.live < 0 OR (e.live > 0 AND NOT e.columns_known) THEN 'no statistics'
        -- So much less than its entries would take: how many keys are equal is not known of several columns.
        WHEN e.needed > e.bytes * 1.15 AND e.bytes > e.size * 2 THEN 'unsupported: equal keys of several columns'
      END AS why_not
    FROM estimated AS e
  )
  SELECT
    j.id, j.nspname::TEXT, j.table_name::TEXT, j.relname::TEXT, j.bytes,
    CASE WHEN j.why_not IS NULL THEN GREATEST(j.bytes - j.needed, 0)::BIGINT END, j.why_not
  FROM judged AS j;
END;

COMMENT ON FUNCTION monitoring.table_bloat() IS
  'How many bytes of each of the 1,000 largest tables are neither rows nor what its fillfactor leaves free, as estimated; NULL, with a reason, where that is not known';
COMMENT ON FUNCTION monitoring.index_bloat() IS
  'How many bytes of each of the 1,000 largest indexes are neither entries nor what its fillfactor leaves free, as estimated of B-trees; NULL, with a reason, where that is not known';

REVOKE EXECUTE ON FUNCTION monitoring.table_bloat(), monitoring.index_bloat() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION monitoring.table_bloat(), monitoring.index_bloat()
  TO app_primary, app_background, app_analytics, app_readonly, pg_monitor;
