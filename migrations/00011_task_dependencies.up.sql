CREATE TABLE tasks.dependencies (
  dependency_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  task_id public.task_id_type NOT NULL,
  task_type VARCHAR(100) NOT NULL,
  depends_on_task_id public.task_id_type NOT NULL,
  depends_on_task_type VARCHAR(100) NOT NULL,
  dependency_type VARCHAR(50) NOT NULL DEFAULT 'completion',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  UNIQUE (task_id, depends_on_task_id),
  CONSTRAINT dependencies_task_fkey FOREIGN KEY (task_id, task_type)
    REFERENCES tasks.queue (task_id, task_type) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT dependencies_depends_on_fkey FOREIGN KEY (depends_on_task_id, depends_on_task_type)
    REFERENCES tasks.queue (task_id, task_type) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT no_self_dependency CHECK (task_id <> depends_on_task_id),
  CONSTRAINT valid_dependency_type CHECK (dependency_type::TEXT IN ('completion', 'start', 'data', 'resource'))
);

CREATE INDEX idx_tasks_dependencies_depends_on ON tasks.dependencies (depends_on_task_id);

CREATE FUNCTION tasks.fill_dependency_task_types() RETURNS TRIGGER
LANGUAGE plpgsql
AS $body$
BEGIN
  NEW.task_type := COALESCE(NEW.task_type, tasks.type_of(NEW.task_id));
  NEW.depends_on_task_type := COALESCE(NEW.depends_on_task_type, tasks.type_of(NEW.depends_on_task_id));
  RETURN NEW;
END
$body$;

CREATE TRIGGER fill_task_types BEFORE INSERT ON tasks.dependencies
  FOR EACH ROW WHEN (
    (NEW.task_id IS NOT NULL AND NEW.task_type IS NULL)
    OR (NEW.depends_on_task_id IS NOT NULL AND NEW.depends_on_task_type IS NULL)
  )
  EXECUTE FUNCTION tasks.fill_dependency_task_types();

COMMENT ON TABLE tasks.dependencies IS 'Which task waits for which';
COMMENT ON COLUMN tasks.dependencies.dependency_id IS 'The dependency';
COMMENT ON COLUMN tasks.dependencies.task_id IS 'The task that waits';
COMMENT ON COLUMN tasks.dependencies.task_type IS 'Its type; filled in from task_id when left out';
COMMENT ON COLUMN tasks.dependencies.depends_on_task_id IS 'The task that is waited for';
COMMENT ON COLUMN tasks.dependencies.depends_on_task_type IS 'Its type; filled in from depends_on_task_id when left out';
COMMENT ON COLUMN tasks.dependencies.dependency_type IS 'What is waited for: its completion, its start, its data, a resource';
COMMENT ON COLUMN tasks.dependencies.created_at IS 'When the dependency was declared';
COMMENT ON FUNCTION tasks.fill_dependency_task_types() IS 'Row trigger: fills in the types of the two tasks';

GRANT SELECT, INSERT, UPDATE, DELETE ON tasks.dependencies TO app_primary;
GRANT SELECT ON tasks.dependencies TO app_replica, app_background, app_analytics, app_readonly;
REVOKE EXECUTE ON FUNCTION tasks.fill_dependency_task_types() FROM PUBLIC;
