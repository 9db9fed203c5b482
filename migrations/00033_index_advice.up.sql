-- Which indexes are missing: what was advised, by whom of the two who can, and what became of it.
--
--   smith index recommend   judges the whole workload, from the parse trees of its statements, and asks the planner
--   the functions here      for who has psql alone: they know the plans that were captured (monitoring.query_plans), and what
--                           the catalogue says of the columns in them; no planner is asked, and they say so

CREATE TABLE monitoring.index_recommendations (
  recommendation_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  schema_name TEXT NOT NULL,
  table_name TEXT NOT NULL,
  column_names TEXT[] NOT NULL,
  index_type TEXT NOT NULL DEFAULT 'btree',
  recommendation_reason TEXT NOT NULL,
  estimated_benefit TEXT NOT NULL,
  query_patterns TEXT[] NOT NULL DEFAULT '{}',
  scan_count BIGINT,
  tuple_count BIGINT,
  status TEXT NOT NULL DEFAULT 'pending',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  implemented_at TIMESTAMPTZ,
  index_name TEXT NOT NULL,
  definition TEXT NOT NULL,
  is_validated BOOLEAN NOT NULL DEFAULT FALSE,
  not_validated_because TEXT,
  size_bytes BIGINT,
  cost_before DOUBLE PRECISION,
  cost_after DOUBLE PRECISION,
  write_cost DOUBLE PRECISION,
  lost_hot_updates BIGINT,
  query_hashes TEXT[] NOT NULL DEFAULT '{}',
  decided_at TIMESTAMPTZ,
  decision_reason TEXT,
  watched_statements JSONB NOT NULL DEFAULT '{}',

  CONSTRAINT valid_status CHECK (status IN ('pending', 'implemented', 'rejected', 'obsolete')),
  CONSTRAINT valid_implemented_at CHECK ((status = 'implemented') = (implemented_at IS NOT NULL)),
  CONSTRAINT valid_decided_at CHECK ((status = 'pending') = (decided_at IS NULL)),
  CONSTRAINT valid_column_names CHECK (cardinality(column_names) > 0),
  CONSTRAINT valid_validation CHECK (is_validated = (not_validated_because IS NULL)),
  CONSTRAINT valid_sizes CHECK (
    size_bytes >= 0 AND cost_before >= 0 AND cost_after >= 0 AND write_cost >= 0 AND lost_hot_updates >= 0
  ),
  CONSTRAINT valid_watched_statements CHECK (jsonb_typeof(watched_statements) = 'object')
);

-- Advice that was given, or turned down, is not given again.
CREATE UNIQUE INDEX idx_index_recommendations_definition ON monitoring.index_recommendations (definition)
  WHERE status IN ('pending', 'rejected');
CREATE INDEX idx_index_recommendations_created ON monitoring.index_recommendations (created_at DESC);

-- The columns that captured plans filter whole tables by. The filter is what the server itself wrote of the plan, one pair of
-- parentheses a condition; a name in it counts when the table that is read has a column of that name.
CREATE FUNCTION monitoring.filtered_columns()
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

-- One row for each index that captured plans call for: up to three columns, those compared for equality first, of them those
-- with the most different values, then one that is compared otherwise. None that an index begins with already.
CREATE FUNCTION monitoring.missing_indexes()
RETURNS TABLE (
  schema_name TEXT, table_name TEXT, column_names TEXT[], index_name TEXT, definition TEXT, query_hashes TEXT[],
  query_patterns TEXT[], call_count BIGINT, scan_count BIGINT, tuple_count BIGINT, row_count BIGINT, statements TEXT
)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
-- What it looks at is small, and compiling a question of this length takes longer than answering it.
SET jit = off
AS $body$
  WITH ordered AS (
    SELECT
      f.table_oid, f.query_hash, f.query_text, f.calls, f.column_name, f.is_range,
      row_number() OVER (
        PARTITION BY f.table_oid, f.query_hash
        ORDER BY f.is_range, CASE WHEN d.distinct_values < 0 THEN 1e9 * -d.distinct_values ELSE d.distinct_values END DESC NULLS LAST,
          f.column_name
      ) AS place,
      count(*) FILTER (WHERE f.is_range) OVER (
        PARTITION BY f.table_oid, f.query_hash ORDER BY f.is_range, f.column_name
      ) AS ranges
    FROM (
      SELECT g.table_oid, g.query_hash, g.query_text, g.calls, g.column_name, bool_and(g.is_range) AS is_range
      FROM monitoring.filtered_columns() AS g
      GROUP BY g.table_oid, g.query_hash, g.query_text, g.calls, g.column_name
    ) AS f
    JOIN pg_class AS c ON c.oid = f.table_oid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN LATERAL (
      SELECT s.n_distinct AS distinct_values FROM pg_stats AS s
      WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = f.column_name
      ORDER BY s.inherited DESC LIMIT 1
    ) AS d ON TRUE
  ),
  wanted AS (
    SELECT o.table_oid, o.query_hash, o.query_text, o.calls, array_agg(o.column_name ORDER BY o.place) AS columns
    FROM ordered AS o
    WHERE o.place <= 3 AND (NOT o.is_range OR o.ranges = 1)
    GROUP BY o.table_oid, o.query_hash, o.query_text, o.calls
  ),
  grouped AS (
    SELECT
      w.table_oid, w.columns, array_agg(w.query_hash ORDER BY w.query_hash) AS hashes,
      array_agg(w.query_text ORDER BY w.query_hash) AS texts, sum(w.calls)::BIGINT AS calls
    FROM wanted AS w
    GROUP BY w.table_oid, w.columns
  )
  SELECT
    n.nspname::TEXT, c.relname::TEXT, g.columns, i.name,
    format('CREATE INDEX CONCURRENTLY %I ON %I.%I USING btree (%s)', i.name, n.nspname, c.relname, i.keys),
    g.hashes, g.texts, g.calls, u.scans, u.read, u.live,
    CASE
      WHEN c.relkind = 'p' THEN p.statements
      ELSE format('CREATE INDEX CONCURRENTLY %I ON %I.%I USING btree (%s);', i.name, n.nspname, c.relname, i.keys)
    END
  FROM grouped AS g
  JOIN pg_class AS c ON c.oid = g.table_oid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL (
    -- A role that only looks may not call sha256_hex().
    SELECT
      CASE
        WHEN octet_length(w.whole) <= 63 THEN w.whole
        ELSE left(w.whole, 40) || '_' || left(encode(sha256(convert_to(w.whole, 'UTF8')), 'hex'), 12)
      END AS name,
      (SELECT string_agg(quote_ident(k.name), ', ' ORDER BY k.place) FROM unnest(g.columns) WITH ORDINALITY AS k (name, place)) AS keys
    FROM (SELECT 'idx_' || c.relname || '_' || array_to_string(g.columns, '_') AS whole) AS w
  ) AS i
  -- PostgreSQL builds no index of a partitioned table while that is in use: its parts are built, and made one. They are called as
  -- partitions.optional_index_part_name() has it.
  CROSS JOIN LATERAL (
    SELECT string_agg(
      concat_ws(
        E'\n',
        format(
          'CREATE INDEX %s%I ON %s%I.%I USING btree (%s);', CASE WHEN t.isleaf THEN 'CONCURRENTLY ' END, own.name,
          CASE WHEN NOT t.isleaf THEN 'ONLY ' END, tn.nspname, tc.relname, i.keys
        ),
        CASE WHEN t.level > 0 THEN format(
          'ALTER INDEX %I.%I ATTACH PARTITION %I.%I;', un.nspname, above.name, tn.nspname, own.name
        ) END
      ),
      E'\n' ORDER BY t.level, tn.nspname, tc.relname
    ) AS statements
    FROM pg_partition_tree(c.oid) AS t
    JOIN pg_class AS tc ON tc.oid = t.relid AND tc.relkind <> 'f'
    JOIN pg_namespace AS tn ON tn.oid = tc.relnamespace
    LEFT JOIN pg_class AS uc ON uc.oid = t.parentrelid
    LEFT JOIN pg_namespace AS un ON un.oid = uc.relnamespace
    CROSS JOIN LATERAL (VALUES
      (CASE WHEN t.level > 0 THEN i.name || '_' || tc.relname END, CASE WHEN t.level > 1 THEN i.name || '_' || uc.relname END)
    ) AS part (own, above)
    CROSS JOIN LATERAL (
      SELECT CASE
        WHEN part.own IS NULL THEN i.name
        WHEN octet_length(part.own) <= 63 THEN part.own
        ELSE left(part.own, 50) || '_' || left(encode(sha256(convert_to(part.own, 'UTF8')), 'hex'), 12)
      END AS name
    ) AS own
    CROSS JOIN LATERAL (
      SELECT CASE
        WHEN part.above IS NULL THEN i.name
        WHEN octet_length(part.above) <= 63 THEN part.above
        ELSE left(part.above, 50) || '_' || left(encode(sha256(convert_to(part.above, 'UTF8')), 'hex'), 12)
      END AS name
    ) AS above
    WHERE c.relkind = 'p'
  ) AS p
  CROSS JOIN LATERAL (
    -- Counters that were reset know of no row that is there, and the catalogue of none since the last ANALYZE.
    SELECT
      sum(s.seq_scan)::BIGINT AS scans, sum(s.seq_tup_read)::BIGINT AS read,
      sum(GREATEST(s.n_live_tup, r.reltuples))::BIGINT AS live
    FROM pg_stat_user_tables AS s
    JOIN pg_class AS r ON r.oid = s.relid AND r.relkind <> 'p'
    WHERE s.relid = c.oid
      OR s.relid IN (SELECT t.relid FROM pg_partition_tree(c.oid) AS t WHERE c.relkind = 'p')
  ) AS u
  -- A small table is read as a whole whatever indexes it has.
  WHERE u.live > 1000
    AND NOT EXISTS (
      SELECT FROM pg_index AS x
      WHERE x.indrelid = c.oid AND x.indisvalid AND x.indpred IS NULL
        AND x.indnkeyatts >= cardinality(g.columns)
        AND g.columns @> (
          SELECT array_agg(COALESCE(a.attname::TEXT, ''))
          FROM generate_series(0, cardinality(g.columns) - 1) AS k (place)
          LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = x.indkey[k.place] AND a.attnum > 0
        )
    )
    -- One that another one of them begins with is not needed beside it.
    AND NOT EXISTS (
      SELECT FROM grouped AS o
      WHERE o.table_oid = g.table_oid AND cardinality(o.columns) > cardinality(g.columns)
        AND o.columns[:cardinality(g.columns)] = g.columns
    )
$body$;

CREATE FUNCTION monitoring.suggest_missing_indexes()
RETURNS TABLE (suggested_index TEXT, reason TEXT, estimated_benefit TEXT)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT
    m.statements,
    format(
      'captured plans of %s statements read all of %I.%I to find rows by %s', cardinality(m.query_hashes), m.schema_name,
      m.table_name, array_to_string(m.column_names, ', ')
    ),
    format(
      '%s calls, each of which reads about %s rows; not validated: smith index recommend asks the planner',
      COALESCE(m.call_count::TEXT, 'an unknown number of'), m.row_count
    )
  FROM monitoring.missing_indexes() AS m
  ORDER BY COALESCE(m.call_count, 0) * m.row_count DESC, m.definition
$body$;

CREATE FUNCTION monitoring.generate_index_recommendations() RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  v_count INTEGER;
BEGIN
  UPDATE monitoring.index_recommendations AS r
  SET
    status = 'obsolete', decided_at = clock_timestamp(),
    decision_reason = CASE
      WHEN t.is_there THEN 'nobody decided on it for 30 days'
      ELSE format('the table %s.%s is gone', r.schema_name, r.table_name)
    END
  FROM (
    SELECT o.recommendation_id, to_regclass(format('%I.%I', o.schema_name, o.table_name)) IS NOT NULL AS is_there
    FROM monitoring.index_recommendations AS o
    WHERE o.status = 'pending'
  ) AS t
  WHERE t.recommendation_id = r.recommendation_id
    AND (NOT t.is_there OR r.created_at < clock_timestamp() - INTERVAL '30 days');

  INSERT INTO monitoring.index_recommendations (
    schema_name, table_name, column_names, recommendation_reason, estimated_benefit, query_patterns, query_hashes,
    scan_count, tuple_count, index_name, definition, not_validated_because
  )
  SELECT
    m.schema_name, m.table_name, m.column_names, s.reason, s.estimated_benefit, m.query_patterns, m.query_hashes,
    m.scan_count, m.tuple_count, m.index_name, m.definition, 'it comes from captured plans alone; no planner was asked'
  FROM monitoring.missing_indexes() AS m
  JOIN monitoring.suggest_missing_indexes() AS s ON s.suggested_index = m.statements
  ON CONFLICT (definition) WHERE status IN ('pending', 'rejected') DO NOTHING;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END
$body$;

-- CREATE INDEX CONCURRENTLY runs in no function, and anything else would keep writers out. So this notes what was built, and
-- says how to build what was not.
CREATE FUNCTION monitoring.implement_index_recommendation(p_recommendation_id UUID) RETURNS BOOLEAN
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  v_wanted monitoring.index_recommendations;
  v_found TEXT;
  v_schema TEXT;
  v_watched JSONB := '{}';
BEGIN
  SELECT r.* INTO v_wanted FROM monitoring.index_recommendations AS r
  WHERE r.recommendation_id = p_recommendation_id
  FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no index recommendation %', COALESCE(p_recommendation_id::TEXT, 'NULL')
      USING ERRCODE = 'no_data_found', HINT = 'SELECT * FROM monitoring.index_recommendations lists them.';
  END IF;
  IF v_wanted.status <> 'pending' THEN
    RAISE EXCEPTION 'the index recommendation % is %, not pending', p_recommendation_id, v_wanted.status
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  SELECT pg_get_indexdef(i.indexrelid) INTO v_found
  FROM pg_index AS i
  JOIN pg_class AS c ON c.oid = i.indexrelid
  WHERE i.indrelid = to_regclass(format('%I.%I', v_wanted.schema_name, v_wanted.table_name))
    AND c.relname = v_wanted.index_name AND i.indisvalid;
  IF v_found IS NULL THEN
    RAISE EXCEPTION 'the index % is not there, and no function can build one while its table is in use', v_wanted.index_name
      USING
        ERRCODE = 'feature_not_supported',
        HINT = format(
          'Run `smith index apply %s`; or run this outside a transaction, then call the function again: %s',
          p_recommendation_id, v_wanted.definition
        );
  END IF;
  -- The server adds casts and parentheses to what it is told, and takes CONCURRENTLY and ONLY for no part of an index.
  IF (
    SELECT count(DISTINCT regexp_replace(
      regexp_replace(d.text, '^(CREATE INDEX )CONCURRENTLY |(?<= ON )ONLY ', '\1', 'g'), '::[a-z_ ]+(\[\])?|[()\s]', '', 'g'
    ))
    FROM (VALUES (v_found), (v_wanted.definition)) AS d (text)
  ) > 1 THEN
    RAISE EXCEPTION 'the index % is another one: %', v_wanted.index_name, v_found
      USING
        ERRCODE = 'duplicate_object',
        HINT = format(
          '`smith index apply %s` takes it for the same where it is, however it is written; else rename it, or reject the recommendation.',
          p_recommendation_id
        );
  END IF;
  SELECT n.nspname INTO v_schema
  FROM pg_extension AS e
  JOIN pg_namespace AS n ON n.oid = e.extnamespace
  WHERE e.extname = 'pg_stat_statements';
  IF v_schema IS NOT NULL AND has_schema_privilege(v_schema, 'USAGE') THEN
    BEGIN
      EXECUTE format(
        'SELECT COALESCE(jsonb_object_agg(w.id, w.counted), ''{}'') FROM (
          SELECT s.queryid::TEXT AS id, jsonb_build_object(
            ''calls'', sum(s.calls), ''totalMs'', sum(s.total_exec_time), ''text'', left(min(s.query), 2000)
          ) AS counted
          FROM %I.pg_stat_statements AS s
          WHERE s.queryid::TEXT = ANY ($1)
            AND s.dbid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
          GROUP BY s.queryid
        ) AS w', v_schema
      ) INTO v_watched USING v_wanted.query_hashes;
    EXCEPTION WHEN object_not_in_prerequisite_state THEN
      -- The extension is there and the server does not record: then there is nothing to hold later ones against.
      v_watched := '{}';
    END;
  END IF;
  UPDATE monitoring.index_recommendations AS r
  SET
    status = 'implemented', implemented_at = clock_timestamp(), decided_at = clock_timestamp(),
    watched_statements = v_watched
  WHERE r.recommendation_id = p_recommendation_id;
  RETURN TRUE;
END
$body$;

COMMENT ON TABLE monitoring.index_recommendations IS 'Indexes that were advised, and what became of the advice';
COMMENT ON COLUMN monitoring.index_recommendations.recommendation_id IS 'The recommendation';
COMMENT ON COLUMN monitoring.index_recommendations.schema_name IS 'Schema of the table';
COMMENT ON COLUMN monitoring.index_recommendations.table_name IS 'The table';
COMMENT ON COLUMN monitoring.index_recommendations.column_names IS 'What the index has as keys, in order: columns, or expressions';
COMMENT ON COLUMN monitoring.index_recommendations.index_type IS 'Its access method';
COMMENT ON COLUMN monitoring.index_recommendations.recommendation_reason IS 'Why it is advised';
COMMENT ON COLUMN monitoring.index_recommendations.estimated_benefit IS 'What it would spare, in words';
COMMENT ON COLUMN monitoring.index_recommendations.query_patterns IS 'The texts of the statements that it is for';
COMMENT ON COLUMN monitoring.index_recommendations.scan_count IS 'How often the table was read as a whole by then; NULL where that was not asked';
COMMENT ON COLUMN monitoring.index_recommendations.tuple_count IS 'How many rows those scans read; NULL where that was not asked';
COMMENT ON COLUMN monitoring.index_recommendations.status IS
  'pending; implemented; rejected, or built and reverted: it is not given again; obsolete: its time or its table is gone';
COMMENT ON COLUMN monitoring.index_recommendations.created_at IS 'When it was made';
COMMENT ON COLUMN monitoring.index_recommendations.implemented_at IS 'When the index was built; NULL while it is not';
COMMENT ON COLUMN monitoring.index_recommendations.index_name IS 'What the index is, or would be, called';
COMMENT ON COLUMN monitoring.index_recommendations.definition IS
  'The statement that builds it while its table is in use; of a partitioned table `smith index apply` builds it part by part';
COMMENT ON COLUMN monitoring.index_recommendations.is_validated IS 'Whether the planner itself was asked what it gives (hypopg)';
COMMENT ON COLUMN monitoring.index_recommendations.not_validated_because IS 'Why it was not; NULL where it was';
COMMENT ON COLUMN monitoring.index_recommendations.size_bytes IS 'How large it would be, as estimated';
COMMENT ON COLUMN monitoring.index_recommendations.cost_before IS
  'What all executions of its statements cost without it, in the units of the planner; NULL where that was not asked';
COMMENT ON COLUMN monitoring.index_recommendations.cost_after IS 'What they would cost with it';
COMMENT ON COLUMN monitoring.index_recommendations.write_cost IS 'What writes would pay for it in the same time, in the same units';
COMMENT ON COLUMN monitoring.index_recommendations.lost_hot_updates IS
  'Updates that touch no index now and would touch this one, in the same time';
COMMENT ON COLUMN monitoring.index_recommendations.query_hashes IS 'The statements that it is for: their queryids in pg_stat_statements';
COMMENT ON COLUMN monitoring.index_recommendations.decided_at IS 'When it was no longer pending; NULL while it is';
COMMENT ON COLUMN monitoring.index_recommendations.decision_reason IS 'Why it was rejected or is obsolete, where somebody said';
COMMENT ON COLUMN monitoring.index_recommendations.watched_statements IS
  'For each queryid on its table how many calls, and milliseconds in all, there were when it was built: what later ones are held against';
COMMENT ON FUNCTION monitoring.filtered_columns() IS 'The columns that captured plans filter whole tables by, and the statements that these are of';
COMMENT ON FUNCTION monitoring.missing_indexes() IS 'The indexes that captured plans call for and that no index of their table begins with';
COMMENT ON FUNCTION monitoring.suggest_missing_indexes() IS
  'The statements that would build the indexes that captured plans call for, what helps the most first; no planner is asked';
COMMENT ON FUNCTION monitoring.generate_index_recommendations() IS
  'Keeps what captured plans call for as pending recommendations, each once, and lets old ones become obsolete; returns how many are new';
COMMENT ON FUNCTION monitoring.implement_index_recommendation(UUID) IS
  'Notes that a pending recommendation''s index was built, with what its statements took until then; an error that names the command that builds it while it was not, or that another index has its name';

REVOKE EXECUTE ON FUNCTION
  monitoring.filtered_columns(), monitoring.missing_indexes(), monitoring.suggest_missing_indexes(),
  monitoring.generate_index_recommendations(), monitoring.implement_index_recommendation(UUID)
  FROM PUBLIC;
-- Texts of statements may hold what only some may read.
GRANT SELECT ON monitoring.index_recommendations TO app_primary, app_background, app_analytics, pg_monitor;
GRANT INSERT, UPDATE ON monitoring.index_recommendations TO app_primary, app_background;
GRANT EXECUTE ON FUNCTION
  monitoring.filtered_columns(), monitoring.missing_indexes(), monitoring.suggest_missing_indexes()
  TO app_primary, app_background, app_analytics, pg_monitor;
GRANT EXECUTE ON FUNCTION
  monitoring.generate_index_recommendations(), monitoring.implement_index_recommendation(UUID)
  TO app_primary, app_background;
