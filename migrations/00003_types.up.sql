-- The domains name what a UUID identifies. They do not forbid NULL: a column that must be filled says so
-- itself, and one that may be empty (no parent, no assignee) can be.
CREATE DOMAIN public.agent_id_type AS UUID;
CREATE DOMAIN public.task_id_type AS UUID;
CREATE DOMAIN public.message_id_type AS UUID;

CREATE TYPE public.agent_status_type AS ENUM (
  'initializing', 'active', 'idle', 'suspended', 'terminated', 'error'
);
CREATE TYPE public.task_status_type AS ENUM (
  'pending', 'queued', 'running', 'paused', 'completed', 'failed', 'cancelled'
);
CREATE TYPE public.task_priority_type AS ENUM ('low', 'normal', 'high', 'urgent', 'critical');
CREATE TYPE public.message_type AS ENUM (
  'command', 'query', 'response', 'notification', 'heartbeat', 'error'
);

COMMENT ON DOMAIN public.agent_id_type IS 'The identifier of an agent';
COMMENT ON DOMAIN public.task_id_type IS 'The identifier of a task';
COMMENT ON DOMAIN public.message_id_type IS 'The identifier of a message';
COMMENT ON TYPE public.agent_status_type IS 'Where an agent stands in its life';
COMMENT ON TYPE public.task_status_type IS 'Where a task, or one attempt to execute it, stands';
COMMENT ON TYPE public.task_priority_type IS 'How urgent a task is; sorts from low to critical';
COMMENT ON TYPE public.message_type IS 'What a message is for';

REVOKE USAGE ON TYPE
  public.agent_id_type, public.task_id_type, public.message_id_type, public.agent_status_type,
  public.task_status_type, public.task_priority_type, public.message_type
  FROM PUBLIC;
GRANT USAGE ON TYPE
  public.agent_id_type, public.task_id_type, public.message_id_type, public.agent_status_type,
  public.task_status_type, public.task_priority_type, public.message_type
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;
