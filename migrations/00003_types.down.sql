DROP TYPE public.message_type;
DROP TYPE public.task_priority_type;
DROP TYPE public.task_status_type;
DROP TYPE public.agent_status_type;
DROP DOMAIN public.message_id_type;
DROP DOMAIN public.task_id_type;
DROP DOMAIN public.agent_id_type;
