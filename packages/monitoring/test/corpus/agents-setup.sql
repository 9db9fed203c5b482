-- A few agents at work.
INSERT INTO agents.registry (agent_id, agent_type, agent_name, status, last_heartbeat)
SELECT ('00000000-0000-4000-8000-' || lpad(n::TEXT, 12, '0'))::UUID, 'worker', 'worker ' || n, 'active', now()
FROM generate_series(1, 20) AS n;
INSERT INTO agents.state (agent_id, state_key, state_value)
SELECT agent_id, 'key ' || n, jsonb_build_object('step', n, 'kind', 'plan') FROM agents.registry, generate_series(1, 5) AS n;
INSERT INTO tasks.queue (task_type, task_name, created_by_agent_id, payload)
SELECT 'research', 'task ' || n, '00000000-0000-4000-8000-000000000001', jsonb_build_object('n', n) FROM generate_series(1, 20) AS n;
INSERT INTO messages.channels (channel_id, channel_name, channel_type)
VALUES ('00000000-0000-4000-8000-00000000c001', 'news', 'topic');
INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value, object_type, confidence_score)
SELECT 'company', 'c' || n, 'employs', to_jsonb(n), 'number', 0.5 FROM generate_series(1, 20) AS n;
ANALYZE;
