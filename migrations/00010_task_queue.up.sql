-- A key of a partitioned table holds the column it is partitioned by. So a task is known by its id and its type
-- together, and whatever refers to a task carries both; a change of the type follows into all of them.
CREATE TABLE tasks.queue (
  task_id public.task_id_type NOT NULL DEFAULT gen_random_uuid(),
  task_type VARCHAR(100) NOT NULL,
  task_name VARCHAR(255),
  assigned_agent_id public.agent_id_type REFERENCES agents.registry (agent_id),
  created_by_agent_id public.agent_id_type REFERENCES agents.registry (agent_id),
  parent_task_id public.task_id_type,
  parent_task_type VARCHAR(100),

  payload JSONB NOT NULL DEFAULT '{}',
  configuration JSONB NOT NULL DEFAULT '{}',
  metadata JSONB NOT NULL DEFAULT '{}',

  status public.task_status_type NOT NULL DEFAULT 'pending',
  priority public.task_priority_type NOT NULL DEFAULT 'normal',
  scheduled_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ,
  completed_at TIMESTAMPTZ,
  expires_at TIMESTAMPTZ,

  max_execution_time INTERVAL NOT NULL DEFAULT '1 hour',
  max_retries INTEGER NOT NULL DEFAULT 3,
  retry_count INTEGER NOT NULL DEFAULT 0,

  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  PRIMARY KEY (task_id, task_type),
  CONSTRAINT queue_parent_fkey FOREIGN KEY (parent_task_id, parent_task_type)
    REFERENCES tasks.queue (task_id, task_type) MATCH FULL ON UPDATE CASCADE,
  CONSTRAINT valid_task_type CHECK (length(task_type) > 0),
  CONSTRAINT valid_retry_count CHECK (retry_count >= 0 AND retry_count <= max_retries),
  CONSTRAINT valid_timing CHECK (
    (started_at IS NULL OR started_at >= created_at)
    AND (completed_at IS NULL OR completed_at >= COALESCE(started_at, created_at))
    AND (expires_at IS NULL OR expires_at > created_at)
  ),
  CONSTRAINT no_self_parent CHECK (task_id <> parent_task_id)
) PARTITION BY LIST (task_type);

CREATE TABLE tasks.queue_default PARTITION OF tasks.queue DEFAULT;

CREATE INDEX idx_tasks_queue_assigned_agent ON tasks.queue (assigned_agent_id, status);
CREATE INDEX idx_tasks_queue_type_status ON tasks.queue (task_type, status);
CREATE INDEX idx_tasks_queue_parent ON tasks.queue (parent_task_id) WHERE parent_task_id IS NOT NULL;
CREATE INDEX idx_tasks_queue_scheduled ON tasks.queue (scheduled_at) WHERE scheduled_at IS NOT NULL;
CREATE INDEX idx_tasks_queue_expires ON tasks.queue (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX idx_tasks_queue_priority_covering ON tasks.queue (status, priority, created_at)
  INCLUDE (task_id, task_type, assigned_agent_id);
CREATE INDEX idx_tasks_queue_pending ON tasks.queue (priority, created_at) WHERE status = 'pending';
-- Seconds as NUMERIC: a cast to INTEGER would refuse a task that may take longer than 68 years.
CREATE INDEX idx_tasks_queue_estimated_duration ON tasks.queue ((EXTRACT(epoch FROM max_execution_time)))
  WHERE status IN ('pending', 'queued');
CREATE INDEX idx_tasks_queue_payload_specific ON tasks.queue USING gin ((payload -> 'parameters'));
-- Without it the removal of an agent reads the whole queue.
CREATE INDEX idx_tasks_queue_created_by ON tasks.queue (created_by_agent_id) WHERE created_by_agent_id IS NOT NULL;

-- Whoever refers to a task may give its id alone.
CREATE FUNCTION tasks.type_of(p_task_id UUID) RETURNS VARCHAR
LANGUAGE plpgsql STABLE
AS $body$
DECLARE
  v_types VARCHAR[] := ARRAY(SELECT q.task_type FROM tasks.queue AS q WHERE q.task_id = p_task_id LIMIT 2);
BEGIN
  IF cardinality(v_types) = 0 THEN
    RAISE EXCEPTION 'task % does not exist', p_task_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF cardinality(v_types) > 1 THEN
    RAISE EXCEPTION 'task id % exists under the types % and %', p_task_id, v_types[1], v_types[2]
      USING ERRCODE = 'cardinality_violation', HINT = 'Give the type of the task beside its id.';
  END IF;
  RETURN v_types[1];
END
$body$;

CREATE FUNCTION tasks.fill_parent_task_type() RETURNS TRIGGER
LANGUAGE plpgsql
AS $body$
BEGIN
  NEW.parent_task_type := CASE WHEN NEW.parent_task_id IS NOT NULL THEN tasks.type_of(NEW.parent_task_id) END;
  RETURN NEW;
END
$body$;

CREATE TRIGGER fill_parent_task_type BEFORE INSERT ON tasks.queue
  FOR EACH ROW WHEN (NEW.parent_task_id IS NOT NULL AND NEW.parent_task_type IS NULL)
  EXECUTE FUNCTION tasks.fill_parent_task_type();
CREATE TRIGGER refill_parent_task_type BEFORE UPDATE OF parent_task_id ON tasks.queue
  FOR EACH ROW WHEN (
    OLD.parent_task_id IS DISTINCT FROM NEW.parent_task_id
    AND OLD.parent_task_type IS NOT DISTINCT FROM NEW.parent_task_type
  )
  EXECUTE FUNCTION tasks.fill_parent_task_type();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON tasks.queue
  FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

COMMENT ON TABLE tasks.queue IS 'Every task; types with much traffic have a partition of their own';
COMMENT ON COLUMN tasks.queue.task_id IS 'The task; unique within its type, and random, so unique altogether';
COMMENT ON COLUMN tasks.queue.task_type IS 'What kind of task it is, in the application''s words; decides the partition';
COMMENT ON COLUMN tasks.queue.task_name IS 'What people call it';
COMMENT ON COLUMN tasks.queue.assigned_agent_id IS 'The agent that is to do it; NULL while nobody is';
COMMENT ON COLUMN tasks.queue.created_by_agent_id IS 'The agent that asked for it, if one did';
COMMENT ON COLUMN tasks.queue.parent_task_id IS 'The task it is a part of';
COMMENT ON COLUMN tasks.queue.parent_task_type IS 'The type of the parent task; filled in from parent_task_id when left out';
COMMENT ON COLUMN tasks.queue.payload IS 'What is to be done';
COMMENT ON COLUMN tasks.queue.configuration IS 'How it is to be done';
COMMENT ON COLUMN tasks.queue.metadata IS 'Anything else';
COMMENT ON COLUMN tasks.queue.status IS 'Where the task stands';
COMMENT ON COLUMN tasks.queue.priority IS 'How urgent it is';
COMMENT ON COLUMN tasks.queue.scheduled_at IS 'Not to be started before';
COMMENT ON COLUMN tasks.queue.started_at IS 'When work on it began';
COMMENT ON COLUMN tasks.queue.completed_at IS 'When it ended, well or not';
COMMENT ON COLUMN tasks.queue.expires_at IS 'Not worth doing after';
COMMENT ON COLUMN tasks.queue.max_execution_time IS 'How long one attempt may take';
COMMENT ON COLUMN tasks.queue.max_retries IS 'How often it may be tried again';
COMMENT ON COLUMN tasks.queue.retry_count IS 'How often it was tried again so far';
COMMENT ON COLUMN tasks.queue.created_at IS 'When it was asked for';
COMMENT ON COLUMN tasks.queue.updated_at IS 'When the row was last changed; kept by trigger';
COMMENT ON FUNCTION tasks.type_of(UUID) IS
  'The type of the task with an id; an error when there is none, or when two types share the id';
COMMENT ON FUNCTION tasks.fill_parent_task_type() IS 'Row trigger: fills in the type of the parent task';

GRANT SELECT, INSERT, UPDATE, DELETE ON tasks.queue TO app_primary;
GRANT SELECT, UPDATE ON tasks.queue TO app_background;
GRANT SELECT ON tasks.queue TO app_replica, app_analytics, app_readonly;
REVOKE EXECUTE ON FUNCTION tasks.type_of(UUID), tasks.fill_parent_task_type() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tasks.type_of(UUID)
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;
