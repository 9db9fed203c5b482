-- As they were before.
CREATE OR REPLACE FUNCTION monitoring.filtered_columns()
RETURNS TABLE (table_oid OID, column_name TEXT, is_range BOOLEAN, query_hash TEXT, query_text TEXT, calls BIGINT)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
  WITH latest AS (
    SELECT DISTINCT ON (p.query_hash) p.query_hash, p.query_text, p.plan_json, p.calls
    FROM monitoring.query_plans AS p
    ORDER BY p.query_hash, p.captured_at DESC
  ),
  scan AS (
    SELECT
      l.query_hash, l.query_text, l.calls, s.node ->> 'Relation Name' AS relation,
      -- What stands between quotes is a value, whatever it looks like.
      regexp_replace(s.node ->> 'Filter', '''(?:[^'']|'''')*''', '?', 'g') AS filter
    FROM latest AS l
    CROSS JOIN LATERAL jsonb_path_query(
      l.plan_json, 'strict $.**?(@."Node Type" == "Seq Scan" && exists(@."Filter"))', '{}', TRUE
    ) AS s (node)
  ),
  named AS (
    SELECT DISTINCT s.query_hash, s.query_text, s.calls, s.relation, m.part[1] AS name, m.part[2] <> '=' AS is_range
    FROM scan AS s
    CROSS JOIN LATERAL regexp_matches(
      s.filter, '\(\(?(?:\w+\.)?("(?:[^"]|"")+"|\w+)(?:\)::[a-z ]+)? (=|<=|>=|<|>) ', 'g'
    ) AS m (part)
  )
  SELECT COALESCE(pg_partition_root(c.oid)::OID, c.oid), a.attname::TEXT, n.is_range, n.query_hash, n.query_text, n.calls
  FROM named AS n
  JOIN pg_class AS c ON c.relname = n.relation AND c.relkind IN ('r', 'm') AND NOT c.relisshared
  JOIN pg_namespace AS s ON s.oid = c.relnamespace AND s.nspname NOT IN ('pg_catalog', 'information_schema')
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND n.name IN (a.attname, quote_ident(a.attname))
  JOIN pg_type AS t ON t.oid = a.atttypid AND t.typname NOT IN ('json', 'jsonb', 'xml', 'point')
  -- A plan does not say in which schema a table is: of two of one name neither is meant for sure.
  WHERE NOT EXISTS (
    SELECT FROM pg_class AS o
    JOIN pg_namespace AS os ON os.oid = o.relnamespace AND os.nspname NOT IN ('pg_catalog', 'information_schema')
    WHERE o.relname = c.relname AND o.oid <> c.oid AND o.relkind IN ('r', 'm')
  )
$body$;

CREATE OR REPLACE FUNCTION monitoring.auto_capture_slow_queries() RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  v_statement RECORD;
  v_captured INTEGER := 0;
BEGIN
  FOR v_statement IN
    SELECT s.*
    FROM monitoring.statement_statistics() AS s
    WHERE s.mean_exec_time_ms > 1000
      AND s.query_text ~* '^\s*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|TABLE)\M'
      AND NOT EXISTS (
        SELECT FROM monitoring.query_plans AS p
        WHERE p.query_hash = s.query_hash AND p.captured_at > now() - INTERVAL '1 day'
      )
    ORDER BY s.total_exec_time_ms DESC
    LIMIT 10
  LOOP
    BEGIN
      INSERT INTO monitoring.query_plans (
        query_hash, query_text, plan_json, mean_exec_time_ms, calls, total_exec_time_ms, execution_stats, captured_at
      ) VALUES (
        v_statement.query_hash, v_statement.query_text, monitoring.generic_plan(v_statement.query_text),
        v_statement.mean_exec_time_ms, v_statement.calls, v_statement.total_exec_time_ms,
        jsonb_build_object(
          'rows', v_statement.row_count, 'shared_blks_hit', v_statement.shared_blks_hit,
          'shared_blks_read', v_statement.shared_blks_read
        ),
        clock_timestamp()
      );
      v_captured := v_captured + 1;
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'statement % was not planned: %', v_statement.query_hash, SQLERRM;
    END;
  END LOOP;
  RETURN v_captured;
END
$body$;

CREATE OR REPLACE FUNCTION monitoring.statement_statistics()
RETURNS TABLE (
  query_hash TEXT, query_text TEXT, calls BIGINT, total_exec_time_ms DOUBLE PRECISION, mean_exec_time_ms DOUBLE PRECISION,
  row_count BIGINT, shared_blks_hit BIGINT, shared_blks_read BIGINT
)
LANGUAGE plpgsql STABLE
AS $body$
DECLARE
  v_schema TEXT := (
    SELECT n.nspname FROM pg_catalog.pg_extension AS e
    JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_stat_statements'
  );
BEGIN
  IF v_schema IS NULL THEN
    RAISE EXCEPTION 'the extension pg_stat_statements is not in this database, so nothing is known of its statements'
      USING ERRCODE = 'feature_not_supported',
        HINT = 'Add it to shared_preload_libraries, restart PostgreSQL, then CREATE EXTENSION pg_stat_statements.';
  END IF;
  RETURN QUERY EXECUTE format(
    'SELECT s.queryid::TEXT, s.query, s.calls, s.total_exec_time, s.mean_exec_time, s.rows,
       s.shared_blks_hit, s.shared_blks_read
     FROM %I.pg_stat_statements AS s
     WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
       AND s.queryid IS NOT NULL',
    v_schema
  );
EXCEPTION WHEN object_not_in_prerequisite_state THEN
  RAISE EXCEPTION 'pg_stat_statements is not loaded, so nothing is known of the statements of this server'
    USING ERRCODE = 'feature_not_supported', HINT = 'Add it to shared_preload_libraries, and restart PostgreSQL.';
END
$body$;

REVOKE UPDATE (execution_stats, mean_exec_time_ms, calls, total_exec_time_ms, chosen_at, seen_at) ON monitoring.query_plans
  FROM app_background, pg_monitor;

COMMENT ON TABLE monitoring.query_plans IS 'Plans of slow statements, as PostgreSQL would make them for any parameters; none of them was run for it';

DROP INDEX monitoring.idx_query_plans_seen;

ALTER TABLE monitoring.query_plans
  DROP CONSTRAINT valid_plan_source,
  DROP COLUMN seen_at,
  DROP COLUMN chosen_at,
  DROP COLUMN planned_text,
  DROP COLUMN plan_source,
  DROP COLUMN plan_shape;
