-- What makes tasks.queue a queue. The row in tasks.queue is the truth about a task; the tables beside it say, for the
-- few tasks that are alive, which may be claimed next and who works on what, so that neither question reads the
-- many that are done:
--
--   tasks.ready    what may be claimed, in order. Only a hint: a claim takes a row out of it and then asks the task
--                  itself. A row too many is harmless.
--   tasks.leases   who works on what, and until when. Whoever holds the row of a task may complete it, nobody else.
--
-- A claim and a completion change no indexed column of tasks.queue, so PostgreSQL keeps the new version of the row in
-- its page and touches no index (HOT). The five indexes that name the status would undo that. They are optional now;
-- what they answered is answered by tasks.ready and tasks.leases.

ALTER TABLE tasks.queue
  ADD COLUMN fencing_token BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN order_key VARCHAR(255),
  ADD COLUMN unique_key VARCHAR(255);
ALTER TABLE tasks.queue
  ADD CONSTRAINT valid_fencing_token CHECK (fencing_token >= 0) NOT VALID,
  ADD CONSTRAINT valid_order_key CHECK (order_key IS NULL OR length(order_key) > 0) NOT VALID,
  ADD CONSTRAINT valid_unique_key CHECK (unique_key IS NULL OR length(unique_key) > 0) NOT VALID;

COMMENT ON COLUMN tasks.queue.fencing_token IS
  'Of the last claim: how often it was claimed, and in the lower 40 bits when; whoever completes the task must show its own';
COMMENT ON COLUMN tasks.queue.order_key IS 'Tasks of a type with the same key are done one after the other, as they came';
COMMENT ON COLUMN tasks.queue.unique_key IS 'No other task of the type that is not finished has the same key';

ALTER TABLE tasks.dependencies ADD COLUMN on_failure VARCHAR(20) NOT NULL DEFAULT 'cancel';
ALTER TABLE tasks.dependencies
  ADD CONSTRAINT valid_on_failure CHECK (on_failure::TEXT IN ('cancel', 'ignore', 'wait')) NOT VALID;
COMMENT ON COLUMN tasks.dependencies.on_failure IS
  'What becomes of the waiting task when the other one fails or is cancelled: it is cancelled, goes on, or waits on';

-- smith:accept drop-index-not-concurrent PostgreSQL drops no index of a partitioned table CONCURRENTLY; it takes a moment
DROP INDEX tasks.idx_tasks_queue_assigned_agent;
-- smith:accept drop-index-not-concurrent PostgreSQL drops no index of a partitioned table CONCURRENTLY; it takes a moment
DROP INDEX tasks.idx_tasks_queue_type_status;
-- smith:accept drop-index-not-concurrent PostgreSQL drops no index of a partitioned table CONCURRENTLY; it takes a moment
DROP INDEX tasks.idx_tasks_queue_priority_covering;
-- smith:accept drop-index-not-concurrent PostgreSQL drops no index of a partitioned table CONCURRENTLY; it takes a moment
DROP INDEX tasks.idx_tasks_queue_pending;
-- smith:accept drop-index-not-concurrent PostgreSQL drops no index of a partitioned table CONCURRENTLY; it takes a moment
DROP INDEX tasks.idx_tasks_queue_estimated_duration;
-- Without it the removal of an agent reads the whole queue.
-- smith:accept index-not-concurrent nothing of ours enqueued tasks before this file, so the table is small; which partitions it has differs from database to database
CREATE INDEX idx_tasks_queue_assigned_agent ON tasks.queue (assigned_agent_id) WHERE assigned_agent_id IS NOT NULL;

-- Only of payloads that have parameters: a GIN index takes an entry for NULL, too. Every question that it answers is false
-- for NULL, and PostgreSQL knows.
-- smith:accept drop-index-not-concurrent PostgreSQL drops no index of a partitioned table CONCURRENTLY; it takes a moment
DROP INDEX tasks.idx_tasks_queue_payload_specific;
-- smith:accept index-not-concurrent nothing of ours enqueued tasks before this file, so the table is small; which partitions it has differs from database to database
CREATE INDEX idx_tasks_queue_payload_specific ON tasks.queue USING gin ((payload -> 'parameters'))
  WHERE (payload -> 'parameters') IS NOT NULL;

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
    ),
    (
      'idx_tasks_queue_type_status', 'tasks', 'queue', '(task_type, status)',
      'tasks of a type by their status'
    ),
    (
      'idx_tasks_queue_priority_covering', 'tasks', 'queue',
      '(status, priority, created_at) INCLUDE (task_id, task_type, assigned_agent_id)',
      'tasks of a status, the most urgent first'
    ),
    (
      'idx_tasks_queue_pending', 'tasks', 'queue', '(priority, created_at) WHERE status = ''pending''',
      'pending tasks by their priority'
    ),
    (
      'idx_tasks_queue_estimated_duration', 'tasks', 'queue',
      '((EXTRACT(epoch FROM max_execution_time))) WHERE status IN (''pending'', ''queued'')',
      'waiting tasks by how long they may take'
    )
$body$;

-- Room in the page for the versions that a claim and a completion leave.
ALTER TABLE tasks.queue_default SET (fillfactor = 33);

CREATE TABLE tasks.ready (
  task_type VARCHAR(100) NOT NULL,
  assigned_agent_id UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  priority public.task_priority_type NOT NULL,
  run_at TIMESTAMPTZ NOT NULL,
  seq BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY,
  task_id public.task_id_type NOT NULL,
  expires_at TIMESTAMPTZ
);
CREATE INDEX idx_tasks_ready_next ON tasks.ready (task_type, assigned_agent_id, priority, run_at, seq);
CREATE INDEX idx_tasks_ready_expires ON tasks.ready (expires_at) WHERE expires_at IS NOT NULL;
-- Rows come and go faster than the usual vacuum thinks.
ALTER TABLE tasks.ready SET (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,
  autovacuum_analyze_scale_factor = 0.2, autovacuum_vacuum_cost_delay = 0
);

CREATE TABLE tasks.leases (
  task_id public.task_id_type PRIMARY KEY,
  task_type VARCHAR(100) NOT NULL,
  agent_id public.agent_id_type NOT NULL,
  fencing_token BIGINT NOT NULL,
  started_at TIMESTAMPTZ NOT NULL,
  heartbeat_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  cancel_requested BOOLEAN NOT NULL DEFAULT FALSE,
  progress JSONB,

  CONSTRAINT valid_fencing_token CHECK (fencing_token > 0)
) WITH (
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0
);

CREATE TABLE tasks.order_keys (
  task_type VARCHAR(100) NOT NULL,
  order_key VARCHAR(255) NOT NULL,
  last_enqueued_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (task_type, order_key)
);

CREATE TABLE tasks.order_queue (
  task_type VARCHAR(100) NOT NULL,
  order_key VARCHAR(255) NOT NULL,
  seq BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY,
  task_id public.task_id_type NOT NULL,
  PRIMARY KEY (task_type, order_key, seq)
);
CREATE INDEX idx_tasks_order_queue_task ON tasks.order_queue (task_id);

CREATE TABLE tasks.unique_keys (
  task_type VARCHAR(100) NOT NULL,
  unique_key VARCHAR(255) NOT NULL,
  task_id public.task_id_type NOT NULL,
  PRIMARY KEY (task_type, unique_key)
);
CREATE INDEX idx_tasks_unique_keys_task ON tasks.unique_keys (task_id);

CREATE TABLE tasks.dead_letters (
  task_id public.task_id_type PRIMARY KEY,
  task_type VARCHAR(100) NOT NULL,
  failed_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  attempts BIGINT NOT NULL,
  error_message TEXT NOT NULL,

  CONSTRAINT dead_letters_task_fkey FOREIGN KEY (task_id, task_type)
    REFERENCES tasks.queue (task_id, task_type) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX idx_tasks_dead_letters_failed ON tasks.dead_letters (failed_at, task_id);
CREATE INDEX idx_tasks_dead_letters_type ON tasks.dead_letters (task_type, failed_at, task_id);

CREATE TABLE tasks.type_limits (
  task_type VARCHAR(100) PRIMARY KEY,
  max_running INTEGER,
  rate_limit INTEGER,
  rate_period INTERVAL NOT NULL DEFAULT '1 second',
  is_paused BOOLEAN NOT NULL DEFAULT FALSE,
  rate_tokens DOUBLE PRECISION NOT NULL DEFAULT 0,
  rate_refilled_at TIMESTAMPTZ,

  CONSTRAINT valid_task_type CHECK (length(task_type) > 0),
  CONSTRAINT valid_max_running CHECK (max_running > 0),
  CONSTRAINT valid_rate_limit CHECK (rate_limit > 0),
  CONSTRAINT valid_rate_period CHECK (rate_period > INTERVAL '0')
);

CREATE TABLE tasks.schedules (
  schedule_name VARCHAR(255) PRIMARY KEY,
  task_type VARCHAR(100) NOT NULL,
  cron_expression VARCHAR(255) NOT NULL,
  time_zone VARCHAR(100) NOT NULL DEFAULT 'UTC',
  task JSONB NOT NULL DEFAULT '{}',
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  next_run_at TIMESTAMPTZ NOT NULL,
  last_run_at TIMESTAMPTZ,
  last_task_id public.task_id_type,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  CONSTRAINT valid_schedule_name CHECK (length(schedule_name) > 0),
  CONSTRAINT valid_task_type CHECK (length(task_type) > 0),
  CONSTRAINT valid_cron_expression CHECK (length(cron_expression) > 0),
  CONSTRAINT valid_task CHECK (jsonb_typeof(task) = 'object')
);
CREATE INDEX idx_tasks_schedules_next ON tasks.schedules (next_run_at) WHERE is_active;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON tasks.schedules
  FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

-- A claim and a completion say themselves that it is now; the trigger would cost them a tenth of their time.
-- smith:accept drop-object the next statement makes it anew
DROP TRIGGER set_updated_at ON tasks.queue;
-- smith:accept trigger-on-existing it replaces the one above in the same transaction; nobody meets the table without it
CREATE TRIGGER set_updated_at BEFORE UPDATE ON tasks.queue
  FOR EACH ROW WHEN (NEW.updated_at IS DISTINCT FROM now())
  EXECUTE FUNCTION public.set_updated_at();

COMMENT ON TABLE tasks.ready IS 'The tasks that may be claimed once their time has come; a hint, the task itself decides';
COMMENT ON COLUMN tasks.ready.task_type IS 'The type of the task';
COMMENT ON COLUMN tasks.ready.assigned_agent_id IS 'The only agent that may claim it; all zeros for any';
COMMENT ON COLUMN tasks.ready.priority IS 'How urgent it is';
COMMENT ON COLUMN tasks.ready.run_at IS 'Not to be claimed before';
COMMENT ON COLUMN tasks.ready.seq IS 'The order in which tasks of the same time became ready';
COMMENT ON COLUMN tasks.ready.task_id IS 'The task';
COMMENT ON COLUMN tasks.ready.expires_at IS 'From when on it is not worth doing; NULL for never';
COMMENT ON TABLE tasks.leases IS 'Who works on which task, and until when nobody else may';
COMMENT ON COLUMN tasks.leases.task_id IS 'The task';
COMMENT ON COLUMN tasks.leases.task_type IS 'Its type';
COMMENT ON COLUMN tasks.leases.agent_id IS 'The agent that works on it';
COMMENT ON COLUMN tasks.leases.fencing_token IS 'Which claim of the task it is; a completion must show it';
COMMENT ON COLUMN tasks.leases.started_at IS 'When it was claimed';
COMMENT ON COLUMN tasks.leases.heartbeat_at IS 'When its worker was last heard of';
COMMENT ON COLUMN tasks.leases.expires_at IS 'From when on the task is given to another worker';
COMMENT ON COLUMN tasks.leases.cancel_requested IS 'Whether its worker is asked to stop';
COMMENT ON COLUMN tasks.leases.progress IS 'How far it is, in the application''s words';
COMMENT ON TABLE tasks.order_keys IS 'The order keys in use; whoever adds to or takes from a key locks its row first';
COMMENT ON COLUMN tasks.order_keys.task_type IS 'The type of the tasks';
COMMENT ON COLUMN tasks.order_keys.order_key IS 'The key that they share';
COMMENT ON COLUMN tasks.order_keys.last_enqueued_at IS 'When a task with the key was last added';
COMMENT ON TABLE tasks.order_queue IS 'The unfinished tasks that have an order key; the first of each key may run';
COMMENT ON COLUMN tasks.order_queue.task_type IS 'The type of the task';
COMMENT ON COLUMN tasks.order_queue.order_key IS 'Its key';
COMMENT ON COLUMN tasks.order_queue.seq IS 'Its place within the key';
COMMENT ON COLUMN tasks.order_queue.task_id IS 'The task';
COMMENT ON TABLE tasks.unique_keys IS 'The unique keys of unfinished tasks';
COMMENT ON COLUMN tasks.unique_keys.task_type IS 'The type of the task';
COMMENT ON COLUMN tasks.unique_keys.unique_key IS 'Its key';
COMMENT ON COLUMN tasks.unique_keys.task_id IS 'The task that has it';
COMMENT ON TABLE tasks.dead_letters IS 'The tasks that failed for good, until they are redriven or removed';
COMMENT ON COLUMN tasks.dead_letters.task_id IS 'The task';
COMMENT ON COLUMN tasks.dead_letters.task_type IS 'Its type';
COMMENT ON COLUMN tasks.dead_letters.failed_at IS 'When it failed for good';
COMMENT ON COLUMN tasks.dead_letters.attempts IS 'How often it was claimed';
COMMENT ON COLUMN tasks.dead_letters.error_message IS 'What went wrong in the last attempt';
COMMENT ON TABLE tasks.type_limits IS 'How many tasks of a type may run at once and how often one may start; types without a row are free';
COMMENT ON COLUMN tasks.type_limits.task_type IS 'The type';
COMMENT ON COLUMN tasks.type_limits.max_running IS 'How many may run at once, over all workers; NULL for any number';
COMMENT ON COLUMN tasks.type_limits.rate_limit IS 'How many may start at once, and again evenly in each period after; in any one period at most twice as many. NULL for any number';
COMMENT ON COLUMN tasks.type_limits.rate_period IS 'The period of rate_limit';
COMMENT ON COLUMN tasks.type_limits.is_paused IS 'Whether none may start';
COMMENT ON COLUMN tasks.type_limits.rate_tokens IS 'How many may start right now, as of rate_refilled_at; kept by tasks.claim()';
COMMENT ON COLUMN tasks.type_limits.rate_refilled_at IS 'When rate_tokens was last computed, NULL for never; kept by tasks.claim()';
COMMENT ON TABLE tasks.schedules IS 'Tasks that are enqueued again and again';
COMMENT ON COLUMN tasks.schedules.schedule_name IS 'Its name';
COMMENT ON COLUMN tasks.schedules.task_type IS 'The type of the tasks it enqueues';
COMMENT ON COLUMN tasks.schedules.cron_expression IS 'When: five or six fields of cron';
COMMENT ON COLUMN tasks.schedules.time_zone IS 'The time zone of the expression, by its IANA name';
COMMENT ON COLUMN tasks.schedules.task IS 'What else the tasks are enqueued with, as tasks.enqueue() takes it';
COMMENT ON COLUMN tasks.schedules.is_active IS 'Whether it enqueues anything';
COMMENT ON COLUMN tasks.schedules.next_run_at IS 'When it is due';
COMMENT ON COLUMN tasks.schedules.last_run_at IS 'For which time it last enqueued a task';
COMMENT ON COLUMN tasks.schedules.last_task_id IS 'That task';
COMMENT ON COLUMN tasks.schedules.created_at IS 'When it was made';
COMMENT ON COLUMN tasks.schedules.updated_at IS 'When the row was last changed; kept by trigger';

GRANT SELECT, INSERT, UPDATE, DELETE ON
  tasks.ready, tasks.leases, tasks.order_keys, tasks.order_queue, tasks.unique_keys, tasks.dead_letters,
  tasks.type_limits, tasks.schedules
  TO app_primary;
GRANT SELECT, INSERT, UPDATE, DELETE ON
  tasks.ready, tasks.leases, tasks.order_keys, tasks.order_queue, tasks.unique_keys, tasks.dead_letters
  TO app_background;
GRANT SELECT ON tasks.type_limits, tasks.schedules TO app_background;
GRANT SELECT ON
  tasks.ready, tasks.leases, tasks.order_keys, tasks.order_queue, tasks.unique_keys, tasks.dead_letters,
  tasks.type_limits, tasks.schedules
  TO app_replica, app_analytics, app_readonly;

-- Tasks that were enqueued before.
INSERT INTO tasks.ready (task_type, assigned_agent_id, priority, run_at, task_id, expires_at)
SELECT
  q.task_type, COALESCE(q.assigned_agent_id, '00000000-0000-0000-0000-000000000000'), q.priority,
  COALESCE(q.scheduled_at, q.created_at), q.task_id, q.expires_at
FROM tasks.queue AS q
WHERE q.status = 'pending'
ORDER BY q.created_at, q.task_id;
