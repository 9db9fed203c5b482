-- Embeddings are stored as REAL[] until pgvector is there, and as VECTOR(1536) with an HNSW index from then on.
-- The table and the search are the same for their users: without the extension the search is exact and reads
-- every row of the model.
CREATE TABLE knowledge.embeddings (
  embedding_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  fact_id UUID NOT NULL REFERENCES knowledge.facts (fact_id) ON DELETE CASCADE,

  embedding_model VARCHAR(100) NOT NULL,
  embedding_version VARCHAR(20) NOT NULL,
  embedding_vector REAL[],

  text_content TEXT NOT NULL,
  content_hash VARCHAR(64) NOT NULL GENERATED ALWAYS AS (public.sha256_hex(text_content)) STORED,

  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  CONSTRAINT valid_embedding_model CHECK (length(embedding_model) > 0),
  CONSTRAINT valid_text_content CHECK (length(text_content) > 0)
);

CREATE INDEX idx_knowledge_embeddings_fact ON knowledge.embeddings (fact_id);
CREATE INDEX idx_knowledge_embeddings_model ON knowledge.embeddings (embedding_model, embedding_version);
CREATE INDEX idx_knowledge_embeddings_hash ON knowledge.embeddings (content_hash);

-- Each part is a yes or a no for every array, so that no NULL passes for a yes.
CREATE FUNCTION knowledge.is_embedding(p_vector REAL[]) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN p_vector IS NOT NULL
  AND COALESCE(array_ndims(p_vector), 0) = 1
  AND cardinality(p_vector) = 1536
  AND array_position(p_vector, NULL) IS NULL
  AND array_position(p_vector, 'NaN'::REAL) IS NULL
  AND array_position(p_vector, 'Infinity'::REAL) IS NULL
  AND array_position(p_vector, '-Infinity'::REAL) IS NULL;

ALTER TABLE knowledge.embeddings ADD CONSTRAINT valid_embedding_vector
  CHECK (embedding_vector IS NULL OR knowledge.is_embedding(embedding_vector));

CREATE FUNCTION knowledge.cosine_distance(p_a REAL[], p_b REAL[]) RETURNS DOUBLE PRECISION
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
  SELECT COALESCE(
    1 - sum(e.a::DOUBLE PRECISION * e.b)
      / NULLIF(sqrt(sum(e.a::DOUBLE PRECISION * e.a)) * sqrt(sum(e.b::DOUBLE PRECISION * e.b)), 0),
    'NaN'
  )
  FROM unnest(p_a, p_b) AS e (a, b)
);

CREATE FUNCTION knowledge.vectors_enabled() RETURNS BOOLEAN
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT a.atttypid <> 'real[]'::REGTYPE
  FROM pg_attribute AS a
  WHERE a.attrelid = 'knowledge.embeddings'::REGCLASS AND a.attname = 'embedding_vector'
$body$;

CREATE FUNCTION knowledge.search_embeddings(
  p_query REAL[],
  p_embedding_model TEXT,
  p_limit INTEGER DEFAULT 10,
  p_embedding_version TEXT DEFAULT NULL
) RETURNS TABLE (embedding_id UUID, fact_id UUID, text_content TEXT, distance DOUBLE PRECISION)
LANGUAGE plpgsql VOLATILE
AS $body$
DECLARE
  v_vectors NAME;
BEGIN
  IF NOT knowledge.is_embedding(p_query) THEN
    RAISE EXCEPTION 'the query is not an embedding: 1536 finite numbers are needed, % given',
      COALESCE(cardinality(p_query)::TEXT, 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF p_limit IS NULL OR p_limit < 1 THEN
    RAISE EXCEPTION 'cannot search for % embeddings', COALESCE(p_limit::TEXT, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a limit of 1 or more.';
  END IF;
  IF NOT knowledge.vectors_enabled() THEN
    RETURN QUERY
      SELECT e.embedding_id, e.fact_id, e.text_content, knowledge.cosine_distance(e.embedding_vector, p_query) AS d
      FROM knowledge.embeddings AS e
      WHERE e.embedding_vector IS NOT NULL
        AND e.embedding_model = p_embedding_model
        AND (p_embedding_version IS NULL OR e.embedding_version = p_embedding_version)
      ORDER BY d, e.embedding_id
      LIMIT p_limit;
    RETURN;
  END IF;
  SELECT n.nspname INTO v_vectors
  FROM pg_catalog.pg_extension AS x JOIN pg_catalog.pg_namespace AS n ON n.oid = x.extnamespace
  WHERE x.extname = 'vector';
  -- The index finds the nearest of all models; go on until enough of this model were found, where pgvector can.
  -- Its settings exist once its library is loaded, which the cast does.
  EXECUTE format('SELECT $1::%I.vector', v_vectors) USING p_query;
  IF current_setting('hnsw.iterative_scan', TRUE) IS NOT NULL THEN
    PERFORM set_config('hnsw.iterative_scan', 'strict_order', TRUE);
  END IF;
  RETURN QUERY EXECUTE format(
    $query$
      SELECT e.embedding_id, e.fact_id, e.text_content, e.embedding_vector OPERATOR(%1$I.<=>) $1::%1$I.vector
      FROM knowledge.embeddings AS e
      WHERE e.embedding_vector IS NOT NULL
        AND e.embedding_model = $2
        AND ($4 IS NULL OR e.embedding_version = $4)
      ORDER BY e.embedding_vector OPERATOR(%1$I.<=>) $1::%1$I.vector
      LIMIT $3
    $query$,
    v_vectors
  ) USING p_query, p_embedding_model, p_limit, p_embedding_version;
END
$body$;

-- Says what it did: 'enabled', 'already enabled', or why it could not.
CREATE FUNCTION knowledge.enable_vectors() RETURNS TEXT
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
  v_vectors NAME;
BEGIN
  IF knowledge.vectors_enabled() THEN
    RETURN 'already enabled';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_extension AS x WHERE x.extname = 'vector') THEN
    IF NOT EXISTS (SELECT FROM pg_available_extensions AS x WHERE x.name = 'vector') THEN
      RETURN 'pgvector is not installed on this server';
    END IF;
    BEGIN
      CREATE EXTENSION vector SCHEMA public;
      -- disable_vectors() takes away again what this function brought.
      COMMENT ON EXTENSION vector IS 'Created by knowledge.enable_vectors()';
    EXCEPTION WHEN insufficient_privilege THEN
      RETURN format('%s may not create the extension vector', current_user);
    END;
  END IF;
  SELECT n.nspname INTO v_vectors
  FROM pg_extension AS x JOIN pg_namespace AS n ON n.oid = x.extnamespace
  WHERE x.extname = 'vector';
  ALTER TABLE knowledge.embeddings DROP CONSTRAINT valid_embedding_vector;
  EXECUTE format(
    'ALTER TABLE knowledge.embeddings ALTER COLUMN embedding_vector TYPE %1$I.vector(1536) USING embedding_vector::%1$I.vector(1536)',
    v_vectors
  );
  EXECUTE format(
    'CREATE INDEX idx_knowledge_embeddings_vector ON knowledge.embeddings USING hnsw (embedding_vector %I.vector_cosine_ops)',
    v_vectors
  );
  RETURN 'enabled';
END
$body$;

CREATE FUNCTION knowledge.disable_vectors() RETURNS TEXT
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
  IF NOT knowledge.vectors_enabled() THEN
    RETURN 'already disabled';
  END IF;
  DROP INDEX knowledge.idx_knowledge_embeddings_vector;
  ALTER TABLE knowledge.embeddings ALTER COLUMN embedding_vector TYPE REAL[] USING embedding_vector::REAL[];
  ALTER TABLE knowledge.embeddings ADD CONSTRAINT valid_embedding_vector
    CHECK (embedding_vector IS NULL OR knowledge.is_embedding(embedding_vector));
  IF EXISTS (
    SELECT FROM pg_extension AS x
    WHERE x.extname = 'vector'
      AND obj_description(x.oid, 'pg_extension') = 'Created by knowledge.enable_vectors()'
  ) THEN
    BEGIN
      DROP EXTENSION vector;
    EXCEPTION WHEN dependent_objects_still_exist THEN
      RAISE NOTICE 'the extension vector stays: other objects of this database use it by now';
    END;
  END IF;
  RETURN 'disabled';
END
$body$;

COMMENT ON TABLE knowledge.embeddings IS 'Embeddings of facts, for search by meaning';
COMMENT ON COLUMN knowledge.embeddings.embedding_id IS 'The embedding';
COMMENT ON COLUMN knowledge.embeddings.fact_id IS 'The fact that was embedded';
COMMENT ON COLUMN knowledge.embeddings.embedding_model IS 'The model that made it; distances compare within one model only';
COMMENT ON COLUMN knowledge.embeddings.embedding_version IS 'The version of the model';
COMMENT ON COLUMN knowledge.embeddings.embedding_vector IS
  '1536 finite numbers; REAL[] until knowledge.enable_vectors() made it VECTOR(1536)';
COMMENT ON COLUMN knowledge.embeddings.text_content IS 'The text that was embedded';
COMMENT ON COLUMN knowledge.embeddings.content_hash IS
  'SHA-256, in hexadecimal, of the UTF-8 bytes of text_content; computed by the database';
COMMENT ON COLUMN knowledge.embeddings.created_at IS 'When it was made';
COMMENT ON FUNCTION knowledge.is_embedding(REAL[]) IS 'Whether an array is one of 1536 finite numbers';
COMMENT ON FUNCTION knowledge.cosine_distance(REAL[], REAL[]) IS
  '1 minus the cosine of the angle between two vectors of the same length; NaN when one of them is zero';
COMMENT ON FUNCTION knowledge.vectors_enabled() IS 'Whether embeddings are stored as pgvector''s type, with an index';
COMMENT ON FUNCTION knowledge.search_embeddings(REAL[], TEXT, INTEGER, TEXT) IS
  'The embeddings of a model that are nearest to the query by cosine distance, nearest first';
COMMENT ON FUNCTION knowledge.enable_vectors() IS
  'Converts the embeddings to pgvector and indexes them; creates the extension where it may. Says what it did';
COMMENT ON FUNCTION knowledge.disable_vectors() IS
  'Converts the embeddings back to REAL[]; drops the extension if enable_vectors() created it. Says what it did';

GRANT SELECT, INSERT, UPDATE, DELETE ON knowledge.embeddings TO app_primary, app_background;
GRANT SELECT ON knowledge.embeddings TO app_replica, app_analytics, app_readonly;
REVOKE EXECUTE ON FUNCTION
  knowledge.is_embedding(REAL[]),
  knowledge.cosine_distance(REAL[], REAL[]),
  knowledge.vectors_enabled(),
  knowledge.search_embeddings(REAL[], TEXT, INTEGER, TEXT),
  knowledge.enable_vectors(),
  knowledge.disable_vectors()
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  knowledge.is_embedding(REAL[]),
  knowledge.cosine_distance(REAL[], REAL[]),
  knowledge.vectors_enabled(),
  knowledge.search_embeddings(REAL[], TEXT, INTEGER, TEXT)
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;

SELECT knowledge.enable_vectors();
