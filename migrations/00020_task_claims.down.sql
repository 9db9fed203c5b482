DROP TRIGGER set_updated_at ON tasks.queue;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON tasks.queue
  FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

DROP TABLE tasks.schedules;
DROP TABLE tasks.type_limits;
DROP TABLE tasks.dead_letters;
DROP TABLE tasks.unique_keys;
DROP TABLE tasks.order_queue;
DROP TABLE tasks.order_keys;
DROP TABLE tasks.leases;
DROP TABLE tasks.ready;

ALTER TABLE tasks.queue_default RESET (fillfactor);

CREATE OR REPLACE FUNCTION partitions.optional_index_definitions()
RETURNS TABLE (index_name TEXT, schema_name TEXT, table_name TEXT, definition TEXT, purpose TEXT)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $body$
  VALUES
    (
      'idx_agents_state_value_gin', 'agents', 'state', 'USING gin (state_value)',
      'state by what its value contains: state_value @> ...'
    ),
    (
      'idx_tasks_queue_payload_gin', 'tasks', 'queue', 'USING gin (payload)',
      'tasks by what their payload contains: payload @> ...'
    )
$body$;

DROP INDEX tasks.idx_tasks_queue_payload_specific;
CREATE INDEX idx_tasks_queue_payload_specific ON tasks.queue USING gin ((payload -> 'parameters'));
DROP INDEX tasks.idx_tasks_queue_assigned_agent;
CREATE INDEX idx_tasks_queue_assigned_agent ON tasks.queue (assigned_agent_id, status);
CREATE INDEX IF NOT EXISTS idx_tasks_queue_type_status ON tasks.queue (task_type, status);
CREATE INDEX IF NOT EXISTS idx_tasks_queue_priority_covering ON tasks.queue (status, priority, created_at)
  INCLUDE (task_id, task_type, assigned_agent_id);
CREATE INDEX IF NOT EXISTS idx_tasks_queue_pending ON tasks.queue (priority, created_at) WHERE status = 'pending';
CREATE INDEX IF NOT EXISTS idx_tasks_queue_estimated_duration ON tasks.queue ((EXTRACT(epoch FROM max_execution_time)))
  WHERE status IN ('pending', 'queued');

ALTER TABLE tasks.dependencies DROP COLUMN on_failure;
ALTER TABLE tasks.queue
  DROP CONSTRAINT valid_unique_key,
  DROP CONSTRAINT valid_order_key,
  DROP CONSTRAINT valid_fencing_token;
ALTER TABLE tasks.queue
  DROP COLUMN unique_key,
  DROP COLUMN order_key,
  DROP COLUMN fencing_token;
