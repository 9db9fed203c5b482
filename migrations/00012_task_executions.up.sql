CREATE TABLE tasks.executions (
  execution_id UUID NOT NULL DEFAULT gen_random_uuid(),
  task_id public.task_id_type NOT NULL,
  task_type VARCHAR(100) NOT NULL,
  agent_id public.agent_id_type NOT NULL REFERENCES agents.registry (agent_id),
  execution_attempt INTEGER NOT NULL DEFAULT 1,

  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  completed_at TIMESTAMPTZ,
  status public.task_status_type NOT NULL DEFAULT 'running',

  result JSONB,
  error_message TEXT,
  error_details JSONB,

  cpu_time_ms BIGINT,
  memory_peak_mb INTEGER,
  io_operations BIGINT,

  PRIMARY KEY (execution_id, started_at),
  CONSTRAINT executions_task_fkey FOREIGN KEY (task_id, task_type)
    REFERENCES tasks.queue (task_id, task_type) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT valid_execution_attempt CHECK (execution_attempt > 0),
  CONSTRAINT completion_consistency CHECK (
    (status = 'completed' AND completed_at IS NOT NULL AND result IS NOT NULL)
    OR (status = 'failed' AND completed_at IS NOT NULL AND error_message IS NOT NULL)
    OR (status = 'cancelled' AND completed_at IS NOT NULL)
    OR (status IN ('running', 'paused') AND completed_at IS NULL)
  )
) PARTITION BY RANGE (started_at);

CREATE TABLE tasks.executions_default PARTITION OF tasks.executions DEFAULT;

CREATE INDEX idx_tasks_executions_task_started ON tasks.executions (task_id, started_at);
CREATE INDEX idx_tasks_executions_agent_started ON tasks.executions (agent_id, started_at);
CREATE INDEX idx_tasks_executions_status ON tasks.executions (status, started_at);

CREATE FUNCTION tasks.fill_execution_task_type() RETURNS TRIGGER
LANGUAGE plpgsql
AS $body$
BEGIN
  NEW.task_type := tasks.type_of(NEW.task_id);
  RETURN NEW;
END
$body$;

CREATE TRIGGER fill_task_type BEFORE INSERT ON tasks.executions
  FOR EACH ROW WHEN (NEW.task_id IS NOT NULL AND NEW.task_type IS NULL)
  EXECUTE FUNCTION tasks.fill_execution_task_type();

COMMENT ON TABLE tasks.executions IS 'Every attempt to execute a task; one partition a day of UTC';
COMMENT ON COLUMN tasks.executions.execution_id IS 'The attempt';
COMMENT ON COLUMN tasks.executions.task_id IS 'The task';
COMMENT ON COLUMN tasks.executions.task_type IS 'Its type; filled in from task_id when left out';
COMMENT ON COLUMN tasks.executions.agent_id IS 'The agent that executes it';
COMMENT ON COLUMN tasks.executions.execution_attempt IS 'Which attempt it is, from 1';
COMMENT ON COLUMN tasks.executions.started_at IS 'When it began; decides the partition';
COMMENT ON COLUMN tasks.executions.completed_at IS 'When it ended, well or not; NULL while it has not';
COMMENT ON COLUMN tasks.executions.status IS 'How it stands or ended: running, paused, completed, failed, cancelled';
COMMENT ON COLUMN tasks.executions.result IS 'What came out; always there when completed';
COMMENT ON COLUMN tasks.executions.error_message IS 'What went wrong; always there when failed';
COMMENT ON COLUMN tasks.executions.error_details IS 'More about what went wrong';
COMMENT ON COLUMN tasks.executions.cpu_time_ms IS 'Processor time in milliseconds';
COMMENT ON COLUMN tasks.executions.memory_peak_mb IS 'Most memory in use at once, in mebibytes';
COMMENT ON COLUMN tasks.executions.io_operations IS 'Number of reads and writes';
COMMENT ON FUNCTION tasks.fill_execution_task_type() IS 'Row trigger: fills in the type of the task';

GRANT SELECT, INSERT, UPDATE, DELETE ON tasks.executions TO app_primary;
GRANT SELECT, UPDATE ON tasks.executions TO app_background;
GRANT SELECT ON tasks.executions TO app_replica, app_analytics, app_readonly;
REVOKE EXECUTE ON FUNCTION tasks.fill_execution_task_type() FROM PUBLIC;

INSERT INTO partitions.settings (schema_name, table_name) VALUES ('tasks', 'executions');
SELECT partitions.create_time_partition('tasks.executions', (now() AT TIME ZONE 'UTC')::DATE + d)
FROM generate_series(-1, 1) AS d;
