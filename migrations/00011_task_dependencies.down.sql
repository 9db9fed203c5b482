DROP TABLE tasks.dependencies;
DROP FUNCTION tasks.fill_dependency_task_types();
