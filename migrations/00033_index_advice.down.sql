-- An index that was built on advice stays: it belongs to its table.
DROP FUNCTION monitoring.implement_index_recommendation(UUID);
DROP FUNCTION monitoring.generate_index_recommendations();
DROP FUNCTION monitoring.suggest_missing_indexes();
DROP FUNCTION monitoring.missing_indexes();
DROP FUNCTION monitoring.filtered_columns();
DROP TABLE monitoring.index_recommendations;
