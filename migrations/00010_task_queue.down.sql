DROP TABLE tasks.queue;
DROP FUNCTION tasks.fill_parent_task_type();
DROP FUNCTION tasks.type_of(UUID);
