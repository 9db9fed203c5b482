DROP FUNCTION public.hydrate_agent_state(UUID);
DROP TABLE agents.state;
