SELECT agent_id, agent_name, status FROM agents.registry WHERE agent_id = '00000000-0000-4000-8000-000000000001'
;
SELECT * FROM agents.registry WHERE agent_id IN ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002')
;
SELECT * FROM agents.registry WHERE agent_id = ANY ('{00000000-0000-4000-8000-000000000001,00000000-0000-4000-8000-000000000002}'::uuid[])
;
SELECT agent_type, count(*) FROM agents.registry WHERE status = 'active' GROUP BY agent_type ORDER BY count(*) DESC LIMIT 10
;
SELECT status, count(*) AS agents FROM agents.registry GROUP BY status
;
SELECT agent_id FROM agents.registry WHERE status IN ('active', 'idle') AND last_heartbeat < now() - interval '5 minutes'
;
SELECT agent_id FROM agents.registry WHERE last_heartbeat < now() - 30 * interval '1 second' ORDER BY last_heartbeat LIMIT 100
;
SELECT agent_id FROM agents.registry WHERE last_heartbeat < CURRENT_TIMESTAMP - make_interval(mins => 10)
;
SELECT agent_id FROM agents.registry WHERE capabilities @> '["search"]'
;
SELECT agent_id, configuration ->> 'model' AS model FROM agents.registry WHERE configuration ->> 'model' = 'large' OR configuration -> 'tools' ? 'browser'
;
SELECT configuration ->> 'model', count(*) FROM agents.registry GROUP BY configuration ->> 'model' ORDER BY 2 DESC
;
SELECT agent_id, pg_column_size(capabilities) FROM agents.registry WHERE pg_column_size(capabilities) > 200
;
SELECT a.agent_id, c.capability FROM agents.registry AS a CROSS JOIN LATERAL jsonb_object_keys(a.capabilities) AS c (capability) WHERE c.capability LIKE 'search%'
;
SELECT child.agent_name, parent.agent_name FROM agents.registry AS child LEFT JOIN agents.registry AS parent ON parent.agent_id = child.parent_agent_id WHERE child.agent_type = 'worker'
;
WITH RECURSIVE tree AS (
  SELECT agent_id, parent_agent_id, agent_name, 0 AS depth FROM agents.registry WHERE agent_id = '00000000-0000-4000-8000-000000000001'
  UNION ALL
  SELECT a.agent_id, a.parent_agent_id, a.agent_name, t.depth + 1 FROM agents.registry AS a JOIN tree AS t ON a.parent_agent_id = t.agent_id WHERE t.depth < 10
)
SELECT * FROM tree ORDER BY depth, agent_name
;
WITH RECURSIVE up (agent_id, path) AS (
  SELECT agent_id, ARRAY[agent_id::uuid] FROM agents.registry WHERE agent_name = 'worker 3'
  UNION ALL
  SELECT a.parent_agent_id, up.path || a.parent_agent_id::uuid FROM agents.registry AS a JOIN up ON a.agent_id = up.agent_id WHERE a.parent_agent_id IS NOT NULL
)
SELECT path FROM up
;
INSERT INTO agents.registry (agent_type, agent_name, status) VALUES ('planner', 'first planner', 'initializing') RETURNING agent_id
;
INSERT INTO agents.registry (agent_id, agent_type, agent_name, status, capabilities, configuration)
VALUES ('00000000-0000-4000-8000-0000000000a1', 'planner', 'one', 'idle', '["plan"]', '{"model": "large"}'),
  ('00000000-0000-4000-8000-0000000000a2', 'planner', 'two', 'idle', '[]', '{}')
ON CONFLICT (agent_id) DO UPDATE SET status = EXCLUDED.status, updated_at = now() WHERE agents.registry.status <> 'terminated'
;
UPDATE agents.registry SET status = 'idle' WHERE agent_id = '00000000-0000-4000-8000-000000000002' AND status = 'active'
;
UPDATE agents.registry SET last_heartbeat = now() WHERE agent_id = ANY (ARRAY['00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000004']::uuid[])
;
UPDATE agents.registry SET status = 'error', metadata = metadata || '{"reason": "no heartbeat"}' WHERE status = 'active' AND last_heartbeat < now() - interval '1 hour' RETURNING agent_id
;
UPDATE agents.registry SET configuration = jsonb_set(configuration, '{limits,tokens}', '1000', TRUE) WHERE agent_type = 'nobody'
;
UPDATE agents.registry AS a SET last_heartbeat = v.at FROM (VALUES ('00000000-0000-4000-8000-000000000005'::uuid, timestamptz '2026-01-01 00:00:00+00')) AS v (id, at) WHERE a.agent_id = v.id
;
DELETE FROM agents.registry WHERE status = 'terminated' AND updated_at < now() - interval '90 days'
;
SELECT event_type, new_status, created_at FROM agents.lifecycle_events WHERE agent_id = '00000000-0000-4000-8000-000000000001' ORDER BY created_at DESC LIMIT 20
;
SELECT date_trunc('hour', created_at) AS hour, count(*) FROM agents.lifecycle_events WHERE created_at > now() - interval '1 day' GROUP BY date_trunc('hour', created_at) ORDER BY hour
;
SELECT date_trunc('day', created_at, 'UTC'), event_type, count(*) FROM agents.lifecycle_events GROUP BY date_trunc('day', created_at, 'UTC'), event_type
;
SELECT date_bin('15 minutes', created_at, timestamptz '2026-01-01') AS slot, count(*) FROM agents.lifecycle_events GROUP BY slot
;
SELECT DISTINCT ON (agent_id) agent_id, new_status, created_at FROM agents.lifecycle_events WHERE created_at >= '2026-01-01' ORDER BY agent_id, created_at DESC
;
INSERT INTO agents.lifecycle_events (agent_id, event_type, previous_status, new_status, event_data) VALUES ('00000000-0000-4000-8000-000000000001', 'status_change', 'active', 'idle', '{"by": "test"}')
;
INSERT INTO agents.lifecycle_events (agent_id, event_type, event_data) SELECT agent_id, 'swept', jsonb_build_object('sweep', 7, 'at', now(), 'name', agent_name) FROM agents.registry WHERE status = 'active'
;
SELECT state_key, state_value, version FROM agents.state WHERE agent_id = '00000000-0000-4000-8000-000000000001' AND state_key = 'key 1'
;
SELECT state_key, state_value FROM agents.state WHERE agent_id = '00000000-0000-4000-8000-000000000001' AND (expires_at IS NULL OR expires_at > now()) ORDER BY state_key
;
SELECT agent_id, state_key FROM agents.state WHERE (agent_id, state_key) > ('00000000-0000-4000-8000-000000000002', 'key 3') ORDER BY agent_id, state_key LIMIT 100
;
SELECT agent_id, count(*), sum(pg_column_size(state_value)) FROM agents.state GROUP BY agent_id HAVING count(*) > 3 ORDER BY 3 DESC OFFSET 0 LIMIT 10
;
SELECT state_value -> 'step', state_value #>> '{a,b}', state_value #> '{a}' FROM agents.state WHERE state_value @> '{"kind": "plan"}' AND (state_value ->> 'step')::int > 2
;
SELECT state_key FROM agents.state WHERE state_value @? '$.steps[*] ? (@ > 2)' OR state_value @@ '$.done == true'
;
SELECT state_key FROM agents.state WHERE state_key LIKE 'key %' ESCAPE '#' AND state_key NOT ILIKE '%old%'
;
SELECT state_key FROM agents.state WHERE starts_with(state_key, 'key') AND length(state_key) BETWEEN 3 AND 10
;
SELECT split_part(state_key, ' ', 1) AS prefix, count(*) FROM agents.state GROUP BY split_part(state_key, ' ', 1) ORDER BY split_part(state_key, ' ', 1)
;
SELECT jsonb_typeof(state_value), (state_value ->> 'step')::int % 2 AS parity, count(*) FROM agents.state GROUP BY jsonb_typeof(state_value), (state_value ->> 'step')::int % 2
;
INSERT INTO agents.state (agent_id, state_key, state_value) VALUES ('00000000-0000-4000-8000-000000000001', 'new', '{"a": 1}')
ON CONFLICT (agent_id, state_key) DO UPDATE SET state_value = EXCLUDED.state_value, version = agents.state.version + 1, updated_at = now()
;
INSERT INTO agents.state (agent_id, state_key, state_value, expires_at)
SELECT '00000000-0000-4000-8000-000000000001', 'n' || n, to_jsonb(n * 2), now() + n * interval '1 minute' FROM generate_series(1, 3) AS n
ON CONFLICT DO NOTHING
;
INSERT INTO agents.state (agent_id, state_key, state_value)
SELECT '00000000-0000-4000-8000-000000000002'::uuid, key, value FROM jsonb_each('{"x": 1, "y": [2]}') ON CONFLICT (agent_id, state_key) DO NOTHING RETURNING state_key, version
;
UPDATE agents.state SET state_value = state_value || jsonb_build_object('seen', 1, 'by', 'me') WHERE agent_id = '00000000-0000-4000-8000-000000000001' AND state_key = 'key 2' AND version = 1 RETURNING version
;
UPDATE agents.state SET state_value = jsonb_set(state_value, '{step}', to_jsonb((state_value ->> 'step')::int + 1)) WHERE agent_id = '00000000-0000-4000-8000-000000000001' AND state_key = 'key 3'
;
UPDATE agents.state SET state_value = state_value - 'kind' - 'old' WHERE agent_id = '00000000-0000-4000-8000-000000000004'
;
UPDATE agents.state SET expires_at = now() + interval '1' hour WHERE state_key = 'key 4' AND expires_at IS NULL
;
DELETE FROM agents.state WHERE expires_at < now() - interval '1 day'
;
DELETE FROM agents.state WHERE ctid = ANY (ARRAY(SELECT ctid FROM agents.state WHERE expires_at < now() LIMIT 1000 FOR UPDATE SKIP LOCKED))
;
WITH gone AS (DELETE FROM agents.state WHERE state_key = 'key 5' RETURNING agent_id, state_key) SELECT count(*), 'gone' AS what FROM gone
;
SELECT checkpoint_id, checkpoint_name, created_at FROM agents.checkpoints WHERE agent_id = '00000000-0000-4000-8000-000000000001' ORDER BY created_at DESC LIMIT 1
;
INSERT INTO agents.checkpoints (agent_id, checkpoint_name, state_snapshot)
SELECT '00000000-0000-4000-8000-000000000001', 'before', jsonb_object_agg(state_key, state_value) FROM agents.state WHERE agent_id = '00000000-0000-4000-8000-000000000001'
;
SELECT e.key, e.value FROM agents.checkpoints, jsonb_each(state_snapshot) AS e WHERE checkpoint_name = 'before' AND e.key > 'k'
;
DELETE FROM agents.checkpoints WHERE checkpoint_id IN (SELECT checkpoint_id FROM (SELECT checkpoint_id, row_number() OVER (PARTITION BY agent_id ORDER BY created_at DESC) AS n FROM agents.checkpoints) AS c WHERE n > 10)
;
SELECT task_id, payload FROM tasks.queue WHERE task_type = 'research' AND status = 'pending' ORDER BY priority DESC, created_at LIMIT 10
;
SELECT task_id FROM tasks.queue WHERE status IN ('pending', 'queued') AND priority >= 'high' AND (scheduled_at IS NULL OR scheduled_at <= now()) ORDER BY priority DESC FOR UPDATE SKIP LOCKED LIMIT 5
;
SELECT task_type, status, count(*) FROM tasks.queue GROUP BY GROUPING SETS ((task_type, status), (task_type), ())
;
SELECT task_type, avg(extract(epoch FROM completed_at - started_at)) AS seconds FROM tasks.queue WHERE status = 'completed' GROUP BY task_type
;
SELECT task_type, percentile_disc(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - started_at)) FROM tasks.queue WHERE completed_at IS NOT NULL GROUP BY task_type
;
SELECT extract(hour FROM created_at) AS hour, count(*) FROM tasks.queue WHERE created_at > now() - interval '7 days' GROUP BY extract(hour FROM created_at) ORDER BY hour
;
SELECT extract(dow FROM created_at AT TIME ZONE 'Europe/Berlin') AS day, count(*) FROM tasks.queue GROUP BY extract(dow FROM created_at AT TIME ZONE 'Europe/Berlin')
;
SELECT task_id, payload ->> 'n' AS n FROM tasks.queue WHERE payload @> '{"n": 7}' AND task_type = 'research'
;
SELECT payload ->> 'kind' AS kind, sum((payload ->> 'n')::numeric) FROM tasks.queue GROUP BY payload ->> 'kind' HAVING sum((payload ->> 'n')::numeric) > 10
;
SELECT q.task_id, q.task_name, a.agent_name FROM tasks.queue AS q LEFT JOIN agents.registry AS a ON a.agent_id = q.assigned_agent_id WHERE q.task_type = 'research' AND q.created_at >= timestamp '2026-01-01' ORDER BY q.created_at LIMIT 50
;
SELECT CASE WHEN retry_count = 0 THEN 'first' WHEN retry_count < 3 THEN 'few' ELSE 'many' END AS tries, count(*) FROM tasks.queue GROUP BY 1
;
SELECT sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END) AS failed, sum(CASE WHEN status = 'completed' THEN 1 END) AS done, 100.0 * count(*) FILTER (WHERE status = 'failed') / nullif(count(*), 0) AS percent FROM tasks.queue
;
INSERT INTO tasks.queue (task_type, task_name, payload, priority) VALUES ('index', 'one', '{"url": "a"}', 'high'), ('index', 'two', '{"url": "b"}', 'low')
;
INSERT INTO tasks.queue (task_type, payload, scheduled_at, max_retries) VALUES ('later', '{}', now() + interval '10 minutes', 5) RETURNING task_id, scheduled_at
;
INSERT INTO tasks.queue (task_type, task_name, payload) SELECT 'bulk', concat('item ', n), jsonb_build_object('n', n, 'batch', 12) FROM generate_series(1, 10) AS n
;
INSERT INTO tasks.queue (task_type, payload) SELECT 'each', u.payload FROM unnest(ARRAY['{"a": 1}', '{"a": 2}']::jsonb[]) AS u (payload)
;
UPDATE tasks.queue SET status = 'cancelled', completed_at = now(), metadata = metadata || '{"why": "not needed"}' WHERE task_type = 'research' AND task_name = 'task 20' AND status NOT IN ('completed', 'cancelled')
;
UPDATE tasks.queue SET priority = 'urgent' WHERE task_id = (SELECT task_id FROM tasks.queue WHERE task_type = 'research' AND status = 'pending' ORDER BY created_at LIMIT 1) AND task_type = 'research'
;
UPDATE tasks.queue SET max_execution_time = max_execution_time + interval '5 minutes' WHERE task_type = 'research' AND max_execution_time < interval '1 hour'
;
SELECT task_type, ready, dead, oldest_ready_at FROM tasks.backlog WHERE ready > 0 ORDER BY ready DESC
;
SELECT * FROM tasks.running WHERE lease_expires_at < now() + interval '10 seconds'
;
SELECT d.task_id FROM tasks.dependencies AS d WHERE d.depends_on_task_id = '00000000-0000-4000-8000-000000000001' AND NOT EXISTS (SELECT 1 FROM tasks.queue AS q WHERE q.task_id = d.depends_on_task_id AND q.status = 'completed')
;
WITH RECURSIVE blockers AS (
  SELECT depends_on_task_id AS task_id, 1 AS level FROM tasks.dependencies WHERE task_id = '00000000-0000-4000-8000-000000000001'
  UNION
  SELECT d.depends_on_task_id, b.level + 1 FROM tasks.dependencies AS d JOIN blockers AS b ON d.task_id = b.task_id WHERE b.level < 20
)
SELECT level, count(*) FROM blockers GROUP BY level
;
SELECT task_id, execution_attempt, status, error_message FROM tasks.executions WHERE task_id = '00000000-0000-4000-8000-000000000001' ORDER BY execution_attempt DESC
;
SELECT agent_id, count(*), avg(cpu_time_ms), max(memory_peak_mb) FROM tasks.executions WHERE started_at >= now() - interval '1 hour' AND status = 'failed' GROUP BY agent_id ORDER BY count(*) DESC LIMIT 5
;
SELECT left(error_message, 40) AS error, count(*) FROM tasks.executions WHERE status = 'failed' GROUP BY left(error_message, 40) ORDER BY 2 DESC LIMIT 20
;
SELECT error_details ->> 'code', count(*) FILTER (WHERE started_at > now() - interval '1 day') FROM tasks.executions GROUP BY error_details ->> 'code'
;
INSERT INTO tasks.executions (task_id, task_type, agent_id, execution_attempt, status) SELECT task_id, task_type, '00000000-0000-4000-8000-000000000001', 1, 'running' FROM tasks.queue WHERE task_name = 'task 1'
;
UPDATE tasks.executions SET status = 'completed', completed_at = now(), result = '{"ok": true}' WHERE task_id = '00000000-0000-4000-8000-000000000001' AND execution_attempt = 1
;
SELECT task_type, error_message, failed_at FROM tasks.dead_letters WHERE failed_at > now() - interval '1 week' ORDER BY failed_at DESC LIMIT 100
;
SELECT task_id, task_name FROM tasks.queue WHERE task_type = 'research' AND task_name = ANY (ARRAY['task 1', 'task 2']) AND retry_count = ANY (ARRAY[0, 1])
;
SELECT schedule_name, next_run_at FROM tasks.schedules WHERE is_active AND next_run_at <= now() + interval '1 minute' ORDER BY next_run_at
;
UPDATE tasks.type_limits SET rate_tokens = least(rate_limit, rate_tokens + 1.5), rate_refilled_at = now() WHERE task_type = 'research' AND rate_tokens < 10
;
SELECT message_id, subject, payload FROM messages.log WHERE to_agent_id = '00000000-0000-4000-8000-000000000001' AND sent_at > now() - interval '1 day' ORDER BY sent_at DESC LIMIT 50
;
SELECT message_id FROM messages.log WHERE correlation_id = '00000000-0000-4000-8000-00000000cccc' AND message_type = 'response' LIMIT 1
;
SELECT from_agent_id, to_agent_id, count(*) FROM messages.log WHERE sent_at BETWEEN '2026-01-01' AND '2026-02-01' GROUP BY from_agent_id, to_agent_id
;
SELECT date_trunc('minute', sent_at) AS minute, message_type, count(*) FROM messages.log WHERE sent_at > now() - interval '1 hour' GROUP BY date_trunc('minute', sent_at), message_type ORDER BY date_trunc('minute', sent_at) DESC, message_type
;
SELECT subject, count(*) FROM messages.log WHERE subject ~ '^agents\.' AND headers ->> 'trace' IS NOT NULL GROUP BY subject ORDER BY count(*) DESC LIMIT 10
;
INSERT INTO messages.log (channel_id, from_agent_id, to_agent_id, message_type, subject, payload, priority)
VALUES (NULL, '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 'command', 'do it', '{"what": "this"}', 5) RETURNING message_id, sent_at
;
UPDATE messages.deliveries SET claimed_by = '00000000-0000-4000-8000-000000000002', delivered_at = now(), delivery_attempts = delivery_attempts + 1
WHERE delivery_id IN (SELECT delivery_id FROM messages.deliveries WHERE agent_id = '00000000-0000-4000-8000-000000000002' AND settled_at IS NULL AND available_at <= now() ORDER BY priority DESC, sent_at LIMIT 10 FOR UPDATE SKIP LOCKED) RETURNING delivery_id
;
UPDATE messages.deliveries SET settled_at = now(), outcome = 'acknowledged' WHERE delivery_id = '00000000-0000-4000-8000-00000000dddd' AND settled_at IS NULL
;
UPDATE messages.deliveries SET available_at = now() + interval '1 second' * power(2, delivery_attempts) WHERE delivery_id = '00000000-0000-4000-8000-00000000dddd'
;
SELECT agent_id, count(*) AS waiting, min(sent_at) AS oldest FROM messages.deliveries WHERE settled_at IS NULL AND (expires_at IS NULL OR expires_at > now()) GROUP BY agent_id HAVING count(*) > 100
;
SELECT l.message_id, l.subject FROM messages.log AS l JOIN messages.deliveries AS d USING (message_id, sent_at) WHERE d.agent_id = '00000000-0000-4000-8000-000000000002' AND d.outcome = 'dead' AND l.priority > 3
;
SELECT channel_name FROM messages.channels WHERE channel_type = 'topic' AND is_active AND channel_name > 'a' ORDER BY channel_name LIMIT 10 OFFSET 20
;
INSERT INTO messages.subscriptions (agent_id, channel_id, message_pattern, filters) VALUES ('00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-00000000c001', 'a.*', '{"min": 3}') ON CONFLICT DO NOTHING
;
SELECT s.agent_id FROM messages.subscriptions AS s JOIN messages.channels AS c USING (channel_id) WHERE c.channel_name = 'news' AND s.is_active AND (s.message_pattern IS NULL OR 'news.today' LIKE replace(s.message_pattern, '*', '%'))
;
SELECT session_id, expires_at FROM sessions.live WHERE session_token = repeat('a', 64)
;
SELECT user_id, count(*) FROM sessions.active WHERE expires_at > now() AND session_type = 'user' GROUP BY user_id HAVING count(*) >= 5
;
UPDATE sessions.active SET last_activity = now(), expires_at = greatest(expires_at, now() + interval '30 minutes') WHERE session_token = 'f00' AND expires_at > now()
;
DELETE FROM sessions.active WHERE expires_at < now() - interval '1 hour' OR (last_activity < now() - interval '7 days' AND session_type = 'agent')
;
SELECT session_id FROM sessions.active WHERE ip_address <<= inet '10.0.0.0/8' OR ip_address = '192.168.0.1'
;
SELECT host(ip_address), count(*) FROM sessions.active WHERE permissions ? 'admin' GROUP BY host(ip_address)
;
SELECT fact_id, object_value FROM knowledge.facts WHERE entity_type = 'company' AND entity_id = 'c7' AND predicate = 'employs' AND (valid_until IS NULL OR valid_until > now())
;
SELECT fact_id FROM knowledge.facts WHERE to_tsvector('english', object_value::text) @@ plainto_tsquery('english', 'storage engine') LIMIT 10
;
SELECT fact_id, ts_rank(to_tsvector('english', object_value::text), websearch_to_tsquery('english', 'a or b')) AS rank FROM knowledge.facts WHERE confidence_score >= 0.8 ORDER BY rank DESC LIMIT 5
;
SELECT entity_type, predicate, count(*), round(avg(confidence_score), 2) FROM knowledge.facts GROUP BY ROLLUP (entity_type, predicate)
;
SELECT confidence_score * 100 AS percent, (confidence_score > 0.7) AS sure FROM knowledge.facts WHERE confidence_score BETWEEN 0.1 AND 0.9 ORDER BY confidence_score * 100 DESC
;
SELECT round(confidence_score, 1) AS about, count(*) FROM knowledge.facts GROUP BY round(confidence_score, 1) ORDER BY round(confidence_score, 1)
;
SELECT f.fact_id FROM knowledge.facts AS f WHERE f.created_at::date = date '2026-01-01' AND f.evidence @> '[{"kind": "url"}]'
;
SELECT a.object_value, b.object_value FROM knowledge.facts AS a JOIN knowledge.facts AS b ON b.entity_id = a.object_value #>> '{}' AND b.predicate = 'lives in' WHERE a.predicate = 'employs'
;
INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value, object_type, confidence_score, evidence) VALUES ('person', 'p1', 'knows', '"p2"', 'string', 0.75, '[{"url": "x"}]') RETURNING fact_id
;
UPDATE knowledge.facts SET valid_until = now() WHERE entity_id = 'c3' AND predicate = 'employs' AND valid_until IS NULL
;
UPDATE knowledge.facts SET confidence_score = least(1.0, confidence_score + 0.05) WHERE source_agent_id IS NOT NULL AND confidence_score < 0.95
;
SELECT embedding_id, text_content FROM knowledge.embeddings WHERE embedding_model = 'm' AND content_hash = md5('text')
;
SELECT kind, count(*) FROM sync.outbox WHERE occurred_at > now() - interval '5 minutes' AND operation IN ('insert', 'update') GROUP BY kind
;
SELECT o.event_id, o.payload FROM sync.outbox AS o JOIN sync.outbox_pending AS p USING (event_id, occurred_at) WHERE p.parked_at IS NULL ORDER BY o.event_id LIMIT 500
;
SELECT reason_code, count(*), min(created_at) FROM sync.dead_letters WHERE retried_at IS NULL AND pipe = 'flush' GROUP BY reason_code
;
SELECT coalesce(max(sequence), 0) FROM sync.positions WHERE pipe = 'flush'
;
SELECT metric_name, value, coalesce(reason, 'none') FROM monitoring.alerts WHERE state = 'firing' ORDER BY array_position(ARRAY['critical', 'warning'], severity::text)
;
SELECT 1
;
SELECT 1 + 1, 'a' || 'b', 2 * 3.5, -4, NULL, TRUE
;
SELECT now() - interval '1 day', current_date - 7, timestamp '2026-01-01' + interval '2 hours', date '2026-01-01' + 3
;
SELECT coalesce(NULL, 'x'), nullif('a', ''), greatest(1, 2, 3), least('a', 'b'), 5 / 2, 5 % 3, 2 ^ 10
;
SELECT jsonb_build_object('a', 1, 'b', ARRAY[1, 2, 3], 'c', 'text'), jsonb_build_array(1, 'two', NULL), to_jsonb('x'::text)
;
SELECT format('%s of %s', 3, 'four'), concat('a', 1, 'b'), concat_ws(', ', 'a', 'b'), repeat('-', 10), lpad('7', 3, '0')
;
SELECT count(*) FROM generate_series(1, 100) AS n WHERE n % 7 = 3
;
SELECT n, n * n FROM generate_series(1, 10, 2) AS n ORDER BY n DESC LIMIT 3
;
SELECT d::date, extract(isodow FROM d) FROM generate_series(now() - interval '1 week', now(), interval '1 day') AS d
;
SELECT array_agg(n ORDER BY n DESC), string_agg(n::text, ','), sum(n) FILTER (WHERE n > 2) FROM unnest(ARRAY[1, 2, 3]) AS n
;
SELECT x.id, x.name FROM jsonb_to_recordset('[{"id": 1, "name": "a"}]') AS x (id int, name text) WHERE x.id = 1
;
SELECT string_to_array('a,b,c', ','), array_length(ARRAY[1, 2], 1), (ARRAY['x', 'y'])[1], ARRAY[1, 2] && ARRAY[2, 3], cardinality('{1,2}'::int[])
;
SELECT round(12.3456, 2), floor(3.7), ceil(3.2), abs(-5), sqrt(2), power(2, 0.5), log(10, 1000), mod(10, 3), random() * 10
;
SELECT substr('abcdef', 2, 3), substring('abcdef' FROM 2 FOR 3), replace('abc', 'b', 'x'), regexp_replace('a1b2', '\d', '#', 'g'), split_part('a.b.c', '.', 2), upper('a'), md5('x'), encode('\x01'::bytea, 'hex')
;
SELECT to_char(now(), 'YYYY-MM-DD'), to_timestamp(0), date_part('year', now()), extract(epoch FROM interval '1 hour'), age(now(), '2020-01-01'::timestamptz)
;
SELECT EXISTS (SELECT 1 FROM agents.registry WHERE agent_name = 'worker 1') AS is_there
;
SELECT (SELECT count(*) FROM agents.registry WHERE status = 'active') AS active, (SELECT count(*) FROM tasks.queue WHERE status = 'pending') AS pending, 'all' AS what
;
VALUES (1, 'one'), (2, 'two')
;
SELECT v.n, v.name FROM (VALUES (1, 'one'), (2, 'two')) AS v (n, name) WHERE v.n > 1
;
SELECT lower(agent_name || ' x'), agent_type FROM agents.registry GROUP BY lower(agent_name || ' x'), agent_type ORDER BY lower(agent_name || ' x')
;
SELECT pg_try_advisory_xact_lock(42, 7), pg_advisory_xact_lock(hashtextextended('name', 0))
;
SELECT setting FROM pg_settings WHERE name = 'max_connections'
;
SELECT pid, state, query FROM pg_stat_activity WHERE state <> 'idle' AND query_start < now() - interval '1 minute' AND pid <> pg_backend_pid()
;
SELECT c.relname, pg_size_pretty(pg_total_relation_size(c.oid)) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.relkind = 'r' ORDER BY pg_total_relation_size(c.oid) DESC LIMIT 20
;
MERGE INTO agents.state AS s USING (VALUES ('00000000-0000-4000-8000-000000000001'::uuid, 'merged', '{"a": 1}'::jsonb)) AS v (agent_id, key, value) ON s.agent_id = v.agent_id AND s.state_key = v.key
WHEN MATCHED AND s.version < 100 THEN UPDATE SET state_value = v.value WHEN NOT MATCHED THEN INSERT (agent_id, state_key, state_value) VALUES (v.agent_id, v.key, v.value)
;
WITH claimed AS (
  UPDATE tasks.queue SET metadata = metadata || jsonb_build_object('claimed', 'yes', 'n', 3) WHERE task_id IN (SELECT task_id FROM tasks.queue WHERE task_type = 'research' AND status = 'pending' LIMIT 2) AND task_type = 'research' RETURNING task_id, task_type
), noted AS (
  INSERT INTO agents.lifecycle_events (agent_id, event_type, event_data) SELECT '00000000-0000-4000-8000-000000000001', 'claimed', jsonb_build_object('tasks', count(*), 'kind', 'batch') FROM claimed RETURNING event_id
)
SELECT c.task_id, n.event_id, 'done' AS state FROM claimed AS c CROSS JOIN noted AS n
;
SELECT a.agent_id, latest.state_key FROM agents.registry AS a LEFT JOIN LATERAL (SELECT state_key FROM agents.state AS s WHERE s.agent_id = a.agent_id AND s.version >= 1 ORDER BY updated_at DESC LIMIT 1) AS latest ON TRUE WHERE a.status = 'active' AND a.created_at > '2025-01-01'::timestamptz
;
SELECT agent_id, created_at, sum(1) OVER w AS running, ntile(4) OVER w, first_value(event_type) OVER w, lead(event_type, 1, 'none') OVER w FROM agents.lifecycle_events WINDOW w AS (PARTITION BY agent_id ORDER BY created_at ROWS BETWEEN 10 PRECEDING AND CURRENT ROW)
;
SELECT agent_name COLLATE "C", agent_name IS DISTINCT FROM 'x', status::text = ANY (ARRAY['active', 'idle']), NOT (agent_type = 'a' OR agent_type = 'b') FROM agents.registry FETCH FIRST 5 ROWS ONLY
;
(SELECT agent_id::text AS id, 'agent' AS kind FROM agents.registry LIMIT 2) UNION ALL (SELECT task_id::text, 'task' FROM tasks.queue LIMIT 2) ORDER BY kind, id
;
SELECT /* from the dashboard; page 3 */ agent_id FROM agents.registry WHERE agent_type = 'worker' -- newest first
ORDER BY created_at DESC LIMIT 25 OFFSET 50
;
SELECT "имя", "число" FROM (VALUES ('Маша', 1)) AS "список" ("имя", "число") WHERE "имя" = 'Маша' AND "число" + 1 > 1
;
