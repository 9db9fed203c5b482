DROP FUNCTION monitoring.index_bloat();
DROP FUNCTION monitoring.table_bloat();
