SELECT knowledge.disable_vectors();
DROP FUNCTION knowledge.disable_vectors();
DROP FUNCTION knowledge.enable_vectors();
DROP FUNCTION knowledge.search_embeddings(REAL[], TEXT, INTEGER, TEXT);
DROP FUNCTION knowledge.vectors_enabled();
DROP FUNCTION knowledge.cosine_distance(REAL[], REAL[]);
DROP TABLE knowledge.embeddings;
DROP FUNCTION knowledge.is_embedding(REAL[]);
