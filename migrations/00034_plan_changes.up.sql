-- How a statement is planned is kept once, however often it comes back to that: a row for each way, which tells since when it is
-- the way of its statement, and until when it was seen to be.

-- smith:accept constraint-not-valid the table is small: a row for each plan of a slow statement
ALTER TABLE monitoring.query_plans
  ADD COLUMN plan_shape VARCHAR(64),
  ADD COLUMN plan_source VARCHAR(20) NOT NULL DEFAULT 'generic',
  ADD COLUMN planned_text TEXT,
  ADD COLUMN chosen_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  ADD COLUMN seen_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  ADD CONSTRAINT valid_plan_source CHECK (plan_source::TEXT IN ('generic', 'executed'));

-- smith:accept index-not-concurrent the table is small: a row for each plan of a slow statement
CREATE INDEX idx_query_plans_seen ON monitoring.query_plans (seen_at);

COMMENT ON COLUMN monitoring.query_plans.plan_shape IS
  'A name for how the plan goes about it: the same for the same nodes on the same tables and indexes, whatever their costs; NULL where nobody said';
COMMENT ON COLUMN monitoring.query_plans.plan_source IS
  'generic: as PostgreSQL would do it for any parameters; executed: as it was done once, from the log of auto_explain';
COMMENT ON COLUMN monitoring.query_plans.planned_text IS 'What was planned where that is not the text as it is kept; else NULL';
COMMENT ON COLUMN monitoring.query_plans.chosen_at IS
  'When the plan became that of its statement, for the last time where it did so again; the latest is the plan it has now';
COMMENT ON COLUMN monitoring.query_plans.seen_at IS 'When the plan was last seen to be the same';
COMMENT ON TABLE monitoring.query_plans IS
  'Plans of slow statements, a row for each way in which one was planned; none of them was run to get it';

GRANT UPDATE (execution_stats, mean_exec_time_ms, calls, total_exec_time_ms, chosen_at, seen_at) ON monitoring.query_plans
  TO app_background, pg_monitor;

-- The plan that a statement has now is the one that was chosen last, which may be one that was captured long ago.
CREATE OR REPLACE FUNCTION monitoring.filtered_columns()
RETURNS TABLE (table_oid OID, column_name TEXT, is_range BOOLEAN, query_hash TEXT, query_text TEXT, calls BIGINT)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
  WITH latest AS (
    SELECT DISTINCT ON (p.query_hash) p.query_hash, p.query_text, p.plan_json, p.calls
    FROM monitoring.query_plans AS p
    ORDER BY p.query_hash, p.chosen_at DESC, p.captured_at DESC
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

-- Of the statements that took longer than a second on average the ten that took the most time and can be planned, each once a
-- day. One that cannot be planned as it is on record is named in a warning, and keeps no other from being captured.
CREATE OR REPLACE FUNCTION monitoring.auto_capture_slow_queries() RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  -- Parentheses and comments may stand before it.
  v_planned CONSTANT TEXT :=
    '^(\s|\(|--[^\n]*\n|/\*([^*]|\*+[^*/])*\*+/)*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|TABLE)\M';
  v_statement RECORD;
  v_captured INTEGER := 0;
BEGIN
  FOR v_statement IN
    -- What several roles run has a row for each of them, of which some may hide the text.
    SELECT
      s.query_hash, min(s.query_text) FILTER (WHERE s.query_text ~* v_planned) AS query_text, sum(s.calls)::BIGINT AS calls,
      sum(s.total_exec_time_ms) AS total_exec_time_ms,
      sum(s.total_exec_time_ms) / NULLIF(sum(s.calls), 0)::DOUBLE PRECISION AS mean_exec_time_ms,
      sum(s.row_count)::BIGINT AS row_count, sum(s.shared_blks_hit)::BIGINT AS shared_blks_hit,
      sum(s.shared_blks_read)::BIGINT AS shared_blks_read
    FROM monitoring.statement_statistics() AS s
    WHERE NOT EXISTS (
      SELECT FROM monitoring.query_plans AS p
      WHERE p.query_hash = s.query_hash AND p.seen_at > now() - INTERVAL '1 day'
    )
    GROUP BY s.query_hash
    HAVING sum(s.total_exec_time_ms) / NULLIF(sum(s.calls), 0)::DOUBLE PRECISION > 1000 AND bool_or(s.query_text ~* v_planned)
    ORDER BY sum(s.total_exec_time_ms) DESC
  LOOP
    EXIT WHEN v_captured = 10;
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
        HINT = CASE
          -- This setting is there when the library was loaded.
          WHEN current_setting('pg_stat_statements.max', TRUE) IS NULL
          THEN 'Add it to shared_preload_libraries, restart PostgreSQL, then CREATE EXTENSION pg_stat_statements.'
          ELSE 'The library is loaded: CREATE EXTENSION pg_stat_statements.'
        END;
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
