-- What an operator asks with psql: who is connected, what is an alert, which indexes are used, how slow statements are planned.
-- Everything runs with the rights of whoever asks: without the role pg_monitor, PostgreSQL shows of others' sessions and
-- statements that there are some, and no more.

-- A view and its functions count what uses up max_connections: PostgreSQL has other slots for its own processes. Of a session
-- that the role may not see, its kind is hidden too; those of a role are counted then.
CREATE VIEW monitoring.connection_stats WITH (security_invoker = TRUE) AS
SELECT
  a.datname AS database_name,
  a.usename AS username,
  a.application_name,
  a.client_addr,
  a.client_hostname,
  a.state,
  count(*) AS connection_count,
  min(a.backend_start) AS oldest_connection,
  max(a.backend_start) AS newest_connection,
  avg(EXTRACT(epoch FROM clock_timestamp() - a.backend_start)) AS avg_connection_age_seconds
FROM pg_catalog.pg_stat_activity AS a
WHERE a.datname = current_database()
  AND (a.backend_type = 'client backend' OR (a.backend_type IS NULL AND a.usesysid IS NOT NULL))
GROUP BY a.datname, a.usename, a.application_name, a.client_addr, a.client_hostname, a.state;

-- PostgreSQL 16 keeps some for a role of its own, too.
CREATE FUNCTION monitoring.available_connections() RETURNS INTEGER
LANGUAGE sql STABLE PARALLEL SAFE
RETURN current_setting('max_connections')::INTEGER
  - current_setting('superuser_reserved_connections')::INTEGER
  - COALESCE(current_setting('reserved_connections', TRUE)::INTEGER, 0);

CREATE FUNCTION monitoring.alert_level(p_metric_name TEXT, p_value NUMERIC)
RETURNS TABLE (alert_level TEXT, threshold_value NUMERIC)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT l.alert_level, l.threshold_value
  FROM monitoring.alert_thresholds AS t
  CROSS JOIN LATERAL (
    VALUES ('CRITICAL', t.critical_threshold, 1), ('WARNING', t.warning_threshold, 2)
  ) AS l (alert_level, threshold_value, place)
  WHERE t.metric_name = p_metric_name AND t.enabled
    AND CASE t.direction WHEN 'below' THEN p_value <= l.threshold_value ELSE p_value >= l.threshold_value END
  ORDER BY l.place
  LIMIT 1;
END;

-- The states are those of this database; the limit is that of the whole server, and so is what is held against it.
CREATE FUNCTION monitoring.check_connection_pool_health()
RETURNS TABLE (
  pool_name TEXT, total_connections INTEGER, active_connections INTEGER, idle_connections INTEGER,
  idle_in_transaction INTEGER, max_connections INTEGER, health_status TEXT, recommendations TEXT[]
)
LANGUAGE plpgsql STABLE
AS $body$
DECLARE
  -- A share of fewer connections says nothing.
  v_floor CONSTANT INTEGER := 10;
  v_available CONSTANT INTEGER := monitoring.available_connections();
  v_used INTEGER;
BEGIN
  pool_name := 'application_pool';
  max_connections := v_available;
  SELECT
    count(*),
    count(*) FILTER (WHERE a.datname = current_database()),
    count(*) FILTER (WHERE a.datname = current_database() AND a.state = 'active'),
    count(*) FILTER (WHERE a.datname = current_database() AND a.state = 'idle'),
    count(*) FILTER (WHERE a.datname = current_database() AND a.state LIKE 'idle in transaction%')
  INTO v_used, total_connections, active_connections, idle_connections, idle_in_transaction
  FROM pg_catalog.pg_stat_activity AS a
  WHERE a.backend_type = 'client backend' OR (a.backend_type IS NULL AND a.usesysid IS NOT NULL);
  recommendations := '{}';
  IF v_used > v_available * 0.8 THEN
    recommendations := recommendations || format(
      '%s of %s connections of the server are in use: use fewer, larger pools share them, or raise max_connections',
      v_used, v_available
    );
  END IF;
  IF idle_in_transaction > 5 THEN
    recommendations := recommendations || format(
      '%s connections are idle in a transaction: look for who leaves transactions open, or set idle_in_transaction_session_timeout',
      idle_in_transaction
    );
  END IF;
  IF total_connections >= v_floor AND active_connections > total_connections * 0.7 THEN
    recommendations := recommendations || format(
      '%s of %s connections are active: look for slow statements and locks before you add connections',
      active_connections, total_connections
    );
  END IF;
  health_status := CASE
    WHEN v_used > v_available * 0.9 THEN 'critical'
    WHEN v_used > v_available * 0.8 THEN 'warning'
    ELSE 'healthy'
  END;
  RETURN NEXT;
END
$body$;

CREATE FUNCTION monitoring.check_connection_pool_alerts()
RETURNS TABLE (alert_level TEXT, metric_name TEXT, current_value NUMERIC, threshold_value NUMERIC, message TEXT)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT
    l.alert_level, 'connection_pool_usage_percent', u.percent, l.threshold_value,
    format('%s of %s connections of the server are in use (%s %%)', u.used, u.available, u.percent)
  FROM (
    SELECT
      count(*) AS used, monitoring.available_connections() AS available,
      round(count(*) * 100.0 / NULLIF(monitoring.available_connections(), 0), 1) AS percent
    FROM pg_catalog.pg_stat_activity AS a
    WHERE a.backend_type = 'client backend' OR (a.backend_type IS NULL AND a.usesysid IS NOT NULL)
  ) AS u
  CROSS JOIN LATERAL monitoring.alert_level('connection_pool_usage_percent', u.percent) AS l;
END;

-- The extension may be in any schema, or nowhere.
CREATE FUNCTION monitoring.statement_statistics()
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

-- As of the last reset of the statistics: what was slow last month is still slow in them.
CREATE FUNCTION monitoring.check_query_performance_alerts()
RETURNS TABLE (
  alert_level TEXT, metric_name TEXT, query_hash TEXT, mean_time_ms NUMERIC, calls BIGINT, message TEXT
)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT
    l.alert_level, 'query_execution_time_ms', s.query_hash, round(s.mean_exec_time_ms::NUMERIC, 1), s.calls,
    format(
      'a statement took %s ms on average of %s calls: %s',
      round(s.mean_exec_time_ms::NUMERIC, 1), s.calls, left(regexp_replace(s.query_text, '\s+', ' ', 'g'), 200)
    )
  FROM monitoring.statement_statistics() AS s
  CROSS JOIN LATERAL monitoring.alert_level('query_execution_time_ms', s.mean_exec_time_ms::NUMERIC) AS l
  ORDER BY s.total_exec_time_ms DESC;
END;

-- An index of a partitioned table is one, whatever its parts are called. One that keeps a constraint is used by each write
-- that it checks, of which PostgreSQL counts no scan. A bitmap scan fetches no rows by itself, so the ratio says something
-- of other scans only.
CREATE FUNCTION monitoring.analyze_index_usage()
RETURNS TABLE (
  schema_name TEXT, table_name TEXT, index_name TEXT, index_size TEXT, index_scans BIGINT, tuples_read BIGINT,
  tuples_fetched BIGINT, usage_ratio NUMERIC, recommendation TEXT
)
LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH used AS (
    SELECT
      COALESCE(pg_partition_root(s.indexrelid)::OID, s.indexrelid) AS index_id,
      sum(pg_relation_size(s.indexrelid)) AS size, sum(s.idx_scan)::BIGINT AS scans,
      sum(s.idx_tup_read)::BIGINT AS read, sum(s.idx_tup_fetch)::BIGINT AS fetched
    FROM pg_catalog.pg_stat_user_indexes AS s
    GROUP BY 1
  )
  SELECT
    n.nspname::TEXT, t.relname::TEXT, c.relname::TEXT, pg_size_pretty(u.size), u.scans, u.read, u.fetched,
    round(u.fetched * 100.0 / NULLIF(u.read, 0), 2),
    CASE
      WHEN NOT i.indisvalid THEN 'Invalid: no statement uses it, and every write keeps it; build it again, or drop it'
      WHEN i.indisunique OR i.indisexclusion
        OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = u.index_id)
      THEN 'Keeps a constraint'
      WHEN i.indisreplident THEN 'Tells replicas which row is meant'
      WHEN u.scans = 0 THEN 'Never used here since ' || since.moment || ': drop it if no replica uses it either'
      WHEN u.scans < 100 THEN 'Hardly used here since ' || since.moment || ': see whether it is worth its writes'
      ELSE 'In use'
    END
  FROM used AS u
  JOIN pg_catalog.pg_index AS i ON i.indexrelid = u.index_id
  JOIN pg_catalog.pg_class AS c ON c.oid = u.index_id
  JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
  CROSS JOIN (
    SELECT COALESCE(to_char(d.stats_reset, 'YYYY-MM-DD'), 'the statistics began') AS moment
    FROM pg_catalog.pg_stat_database AS d WHERE d.datname = current_database()
  ) AS since
  ORDER BY u.scans, u.size DESC, 1, 3;
END;

-- The plan that PostgreSQL would make for a statement whatever its parameters are. Nothing is executed: the statement is
-- planned, in a subtransaction that may only read and is undone, for planning may call functions that somebody
-- declared to have no effects.
CREATE FUNCTION monitoring.generic_plan(p_query_text TEXT) RETURNS JSONB
LANGUAGE plpgsql
SET lock_timeout = '1s'
AS $body$
DECLARE
  v_text CONSTANT TEXT := regexp_replace(p_query_text, '[;\s]+$', '');
  v_is_before_16 CONSTANT BOOLEAN := current_setting('server_version_num')::INTEGER < 160000;
  v_parameters INTEGER;
  v_rows REFCURSOR;
  v_plan JSONB;
BEGIN
  IF COALESCE(v_text, '') = '' THEN
    RAISE EXCEPTION 'there is no statement to plan' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- There, what follows the first statement could not be told from it.
  IF v_is_before_16 AND strpos(v_text, ';') > 0 THEN
    RAISE EXCEPTION 'the text may be more than one statement: it has a semicolon within'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give one statement, without a semicolon, also in texts and comments.';
  END IF;
  BEGIN
    PERFORM set_config('transaction_read_only', 'on', TRUE);
    IF v_is_before_16 THEN
      PERFORM set_config('plan_cache_mode', 'force_generic_plan', TRUE);
      EXECUTE 'PREPARE smith_generic_plan AS ' || v_text;
      SELECT cardinality(p.parameter_types) INTO v_parameters
      FROM pg_catalog.pg_prepared_statements AS p WHERE p.name = 'smith_generic_plan';
      EXECUTE 'EXPLAIN (FORMAT JSON) EXECUTE smith_generic_plan'
        || COALESCE('(' || NULLIF(array_to_string(array_fill('NULL'::TEXT, ARRAY[v_parameters]), ', '), '') || ')', '')
      INTO v_plan;
    ELSE
      -- A cursor takes one statement, and no second one behind a semicolon.
      OPEN v_rows FOR EXECUTE 'EXPLAIN (GENERIC_PLAN, FORMAT JSON) ' || v_text;
      FETCH v_rows INTO v_plan;
      CLOSE v_rows;
    END IF;
    RAISE EXCEPTION 'planned' USING ERRCODE = 'SM000';
  EXCEPTION
    WHEN SQLSTATE 'SM000' THEN
      NULL;
    WHEN OTHERS THEN
      IF EXISTS (SELECT FROM pg_catalog.pg_prepared_statements AS p WHERE p.name = 'smith_generic_plan') THEN
        DEALLOCATE smith_generic_plan;
      END IF;
      RAISE;
  END;
  IF v_is_before_16 THEN
    DEALLOCATE smith_generic_plan;
  END IF;
  RETURN v_plan;
END
$body$;

CREATE FUNCTION monitoring.capture_slow_query_plan(
  p_query_hash TEXT, p_query_text TEXT, p_mean_exec_time NUMERIC
) RETURNS UUID
LANGUAGE plpgsql
AS $body$
DECLARE
  v_plan CONSTANT JSONB := monitoring.generic_plan(p_query_text);
  v_id UUID;
BEGIN
  INSERT INTO monitoring.query_plans (query_hash, query_text, plan_json, mean_exec_time_ms, captured_at)
  VALUES (p_query_hash, p_query_text, v_plan, p_mean_exec_time, clock_timestamp())
  RETURNING plan_id INTO v_id;
  RETURN v_id;
END
$body$;

-- Of the statements that took longer than a second on average the ten that took the most time, each once a day. One that
-- cannot be planned as it is on record is named in a warning, and keeps no other from being captured.
CREATE FUNCTION monitoring.auto_capture_slow_queries() RETURNS INTEGER
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

COMMENT ON VIEW monitoring.connection_stats IS 'Who is connected to this database, by role, program, address and state';
COMMENT ON COLUMN monitoring.connection_stats.database_name IS 'The database';
COMMENT ON COLUMN monitoring.connection_stats.username IS 'The role that signed in';
COMMENT ON COLUMN monitoring.connection_stats.application_name IS 'The name that the program gave itself';
COMMENT ON COLUMN monitoring.connection_stats.client_addr IS 'Its address; NULL for a socket of this machine, and without the right to see it';
COMMENT ON COLUMN monitoring.connection_stats.client_hostname IS 'Its host''s name, where the server looks those up';
COMMENT ON COLUMN monitoring.connection_stats.state IS 'What the connections do: active, idle, idle in transaction …; NULL without the right to see it';
COMMENT ON COLUMN monitoring.connection_stats.connection_count IS 'How many connections there are';
COMMENT ON COLUMN monitoring.connection_stats.oldest_connection IS 'Since when the oldest of them is there';
COMMENT ON COLUMN monitoring.connection_stats.newest_connection IS 'Since when the newest of them is there';
COMMENT ON COLUMN monitoring.connection_stats.avg_connection_age_seconds IS 'For how long they are there on average, in seconds';
COMMENT ON FUNCTION monitoring.available_connections() IS
  'How many connections there are for roles that are no superusers and have none reserved for them';
COMMENT ON FUNCTION monitoring.alert_level(TEXT, NUMERIC) IS
  'CRITICAL or WARNING, and from when on, for a value of a metric; no row where it is no alert';
COMMENT ON FUNCTION monitoring.check_connection_pool_health() IS
  'How the connections of this database are used, and what to do about it; warning from 80 %, critical from 90 % of those of the server on';
COMMENT ON FUNCTION monitoring.check_connection_pool_alerts() IS
  'A row when more of the server''s connections are in use than connection_pool_usage_percent allows';
COMMENT ON FUNCTION monitoring.statement_statistics() IS
  'What pg_stat_statements knows of the statements of this database, wherever it is installed; an error where it is not';
COMMENT ON FUNCTION monitoring.check_query_performance_alerts() IS
  'A row for each statement of this database that takes longer on average than query_execution_time_ms allows';
COMMENT ON FUNCTION monitoring.analyze_index_usage() IS
  'How often each index was used, those of a partitioned table together, and what that means; the least used first';
COMMENT ON FUNCTION monitoring.generic_plan(TEXT) IS
  'The plan of one statement for any parameters, as EXPLAIN (FORMAT JSON) gives it; executes nothing';
COMMENT ON FUNCTION monitoring.capture_slow_query_plan(TEXT, TEXT, NUMERIC) IS
  'Keeps the generic plan of a statement and how long it takes on average, in milliseconds; returns the plan''s id; an error where there is no plan';
COMMENT ON FUNCTION monitoring.auto_capture_slow_queries() IS
  'Keeps the plans of the ten statements that took the most time of those slower than a second, each once a day; returns how many';

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA monitoring FROM PUBLIC;
GRANT SELECT ON monitoring.connection_stats TO app_primary, app_background, app_analytics, app_readonly, pg_monitor;
GRANT EXECUTE ON FUNCTION
  monitoring.available_connections(), monitoring.alert_level(TEXT, NUMERIC), monitoring.check_connection_pool_health(),
  monitoring.check_connection_pool_alerts(), monitoring.analyze_index_usage()
  TO app_primary, app_background, app_analytics, app_readonly, pg_monitor;
GRANT EXECUTE ON FUNCTION
  monitoring.statement_statistics(), monitoring.check_query_performance_alerts(), monitoring.generic_plan(TEXT),
  monitoring.capture_slow_query_plan(TEXT, TEXT, NUMERIC), monitoring.auto_capture_slow_queries()
  TO app_background, pg_monitor;
