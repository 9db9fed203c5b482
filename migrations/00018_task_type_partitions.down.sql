-- Partitions that exist by now stay partitions of tasks.queue, and their rows with them.
DROP FUNCTION partitions.create_task_type_partition(TEXT);
DROP FUNCTION partitions.task_type_partition_name(TEXT);
DROP FUNCTION partitions.task_type_partition(TEXT);
