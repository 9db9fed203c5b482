-- An optional index that is there stays: it belongs to its table.
DROP FUNCTION partitions.optional_index_plan(TEXT, BOOLEAN);
DROP VIEW partitions.optional_indexes;
DROP FUNCTION partitions.optional_index_parts(TEXT);
DROP FUNCTION partitions.optional_index_part_name(TEXT, TEXT);
DROP FUNCTION partitions.optional_index_definitions();
