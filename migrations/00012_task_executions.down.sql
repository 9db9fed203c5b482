DELETE FROM partitions.settings WHERE schema_name = 'tasks' AND table_name = 'executions';
DROP TABLE tasks.executions;
DROP FUNCTION tasks.fill_execution_task_type();
