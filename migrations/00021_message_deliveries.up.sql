-- A message for several agents is delivered to each of them at its own pace, so each recipient has a row here. The log
-- stays the record of what was said; this table is what hands it out.
--
-- It is not partitioned: whoever asks for work would have to look into the partition of every day. It has no foreign
-- key to the log either: the log drops whole days, and must not wait for an inbox that nobody reads. What it leaves
-- behind is removed by messages.purge_deliveries().
CREATE TABLE messages.deliveries (
  delivery_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  message_id public.message_id_type NOT NULL,
  sent_at TIMESTAMPTZ NOT NULL,
  agent_id public.agent_id_type REFERENCES agents.registry (agent_id) ON DELETE CASCADE,
  queue_id UUID REFERENCES messages.channels (channel_id) ON DELETE CASCADE,

  priority INTEGER NOT NULL DEFAULT 0,
  expires_at TIMESTAMPTZ,
  available_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  claimed_by public.agent_id_type,
  delivered_at TIMESTAMPTZ,
  delivery_attempts INTEGER NOT NULL DEFAULT 0,

  settled_at TIMESTAMPTZ,
  outcome VARCHAR(50),
  reason TEXT,

  -- Nobody gets a message twice because two of its subscriptions match.
  UNIQUE NULLS NOT DISTINCT (message_id, agent_id),
  CONSTRAINT one_recipient CHECK (num_nonnulls(agent_id, queue_id) = 1),
  CONSTRAINT valid_priority CHECK (priority BETWEEN 0 AND 10),
  CONSTRAINT valid_delivery_attempts CHECK (delivery_attempts >= 0),
  CONSTRAINT valid_outcome CHECK (outcome::TEXT IN ('processed', 'dead', 'expired')),
  CONSTRAINT settled_with_outcome CHECK ((settled_at IS NULL) = (outcome IS NULL))
)
-- A claim changes no indexed column: with room on the page it leaves the indexes alone.
WITH (fillfactor = 80);

CREATE INDEX idx_messages_deliveries_inbox ON messages.deliveries (agent_id, sent_at, message_id)
  WHERE agent_id IS NOT NULL;
CREATE INDEX idx_messages_deliveries_due ON messages.deliveries (agent_id, priority DESC, sent_at, message_id)
  WHERE settled_at IS NULL AND agent_id IS NOT NULL;
CREATE INDEX idx_messages_deliveries_queue_due ON messages.deliveries (queue_id, priority DESC, sent_at, message_id)
  WHERE settled_at IS NULL AND queue_id IS NOT NULL;
CREATE INDEX idx_messages_deliveries_expiry ON messages.deliveries (expires_at)
  WHERE settled_at IS NULL AND expires_at IS NOT NULL;
CREATE INDEX idx_messages_deliveries_dead ON messages.deliveries (settled_at, delivery_id) WHERE outcome = 'dead';
-- Rows come in the order of their time, so this one costs next to nothing.
CREATE INDEX idx_messages_deliveries_sent ON messages.deliveries USING brin (sent_at);

-- A subject is tokens between dots. In a pattern, * stands for one token and > at the end for one or more. Nothing in
-- either is ever taken for an expression of another kind.
CREATE FUNCTION messages.subject_matches(p_pattern TEXT, p_subject TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
DECLARE
  v_pattern CONSTANT TEXT[] := string_to_array(p_pattern, '.');
  v_subject CONSTANT TEXT[] := string_to_array(p_subject, '.');
  v_tokens CONSTANT INTEGER := cardinality(v_pattern);
BEGIN
  IF p_pattern IS NULL OR p_pattern = p_subject THEN
    RETURN TRUE;
  END IF;
  IF p_subject IS NULL OR cardinality(v_subject) < v_tokens
    OR (cardinality(v_subject) > v_tokens AND v_pattern[v_tokens] <> '>')
  THEN
    RETURN FALSE;
  END IF;
  FOR i IN 1..v_tokens LOOP
    CONTINUE WHEN v_subject[i] <> '' AND (v_pattern[i] = '*' OR (v_pattern[i] = '>' AND i = v_tokens));
    IF v_pattern[i] <> v_subject[i] THEN
      RETURN FALSE;
    END IF;
  END LOOP;
  RETURN TRUE;
END
$body$;

CREATE FUNCTION messages.reap_expired(p_limit INTEGER DEFAULT 1000) RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  v_reaped INTEGER;
BEGIN
  IF p_limit IS NULL OR p_limit < 1 THEN
    RAISE EXCEPTION 'cannot reap at most % deliveries', COALESCE(p_limit::TEXT, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a limit of 1 or more.';
  END IF;
  UPDATE messages.deliveries AS d
  SET settled_at = clock_timestamp(), outcome = 'expired'
  FROM (
    SELECT e.delivery_id FROM messages.deliveries AS e
    WHERE e.settled_at IS NULL AND e.expires_at <= now()
      -- Whoever has it may finish it.
      AND e.available_at <= now()
    ORDER BY e.expires_at
    LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  ) AS expired
  WHERE d.delivery_id = expired.delivery_id;
  GET DIAGNOSTICS v_reaped = ROW_COUNT;
  RETURN v_reaped;
END
$body$;

-- Of a message that the log has dropped there is nothing left to deliver.
CREATE FUNCTION messages.purge_deliveries(p_limit INTEGER DEFAULT 10000) RETURNS INTEGER
LANGUAGE plpgsql
AS $body$
DECLARE
  v_before TIMESTAMPTZ;
  v_purged INTEGER;
BEGIN
  IF p_limit IS NULL OR p_limit < 1 THEN
    RAISE EXCEPTION 'cannot purge at most % deliveries', COALESCE(p_limit::TEXT, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a limit of 1 or more.';
  END IF;
  SELECT ((now() AT TIME ZONE 'UTC')::DATE - s.retain_days)::TIMESTAMP AT TIME ZONE 'UTC' INTO v_before
  FROM partitions.settings AS s
  WHERE s.schema_name = 'messages' AND s.table_name = 'log';
  DELETE FROM messages.deliveries AS d
  USING (
    SELECT o.delivery_id FROM messages.deliveries AS o
    WHERE o.sent_at < v_before
    LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  ) AS old
  WHERE d.delivery_id = old.delivery_id;
  GET DIAGNOSTICS v_purged = ROW_COUNT;
  RETURN v_purged;
END
$body$;

COMMENT ON TABLE messages.deliveries IS 'To whom each message goes, and how far that is: one row a recipient';
COMMENT ON COLUMN messages.deliveries.delivery_id IS 'The delivery';
COMMENT ON COLUMN messages.deliveries.message_id IS 'The message';
COMMENT ON COLUMN messages.deliveries.sent_at IS 'When the message was sent; with message_id the key of messages.log';
COMMENT ON COLUMN messages.deliveries.agent_id IS 'The agent it is for; NULL for what waits in a queue';
COMMENT ON COLUMN messages.deliveries.queue_id IS
  'The channel of type queue in which it waits for whoever takes it; NULL for what is for one agent';
COMMENT ON COLUMN messages.deliveries.priority IS 'The priority of the message, from 0, the lowest, to 10';
COMMENT ON COLUMN messages.deliveries.expires_at IS 'Not worth delivering after';
COMMENT ON COLUMN messages.deliveries.available_at IS
  'From when on it may be handed out: after the lease of whoever has it, or the delay that was asked for';
COMMENT ON COLUMN messages.deliveries.claimed_by IS 'The agent that got it last';
COMMENT ON COLUMN messages.deliveries.delivered_at IS 'When it was handed out last';
COMMENT ON COLUMN messages.deliveries.delivery_attempts IS
  'How often it was handed out; whoever has it shows this number to settle it';
COMMENT ON COLUMN messages.deliveries.settled_at IS 'When it came to its end; NULL while it is to be delivered';
COMMENT ON COLUMN messages.deliveries.outcome IS 'How it ended: processed, dead (given up), expired';
COMMENT ON COLUMN messages.deliveries.reason IS 'Why it was given back or given up, in the receiver''s words';
COMMENT ON FUNCTION messages.subject_matches(TEXT, TEXT) IS
  'Whether a subject (tokens between dots) matches a pattern: * for one token, > at the end for one or more; no pattern matches all';
COMMENT ON FUNCTION messages.reap_expired(INTEGER) IS
  'Settles deliveries that have expired, the oldest first, at most as many as given; returns how many. Several may run at once';
COMMENT ON FUNCTION messages.purge_deliveries(INTEGER) IS
  'Deletes deliveries of messages that are older than the log keeps, at most as many as given; returns how many. Several may run at once';

GRANT SELECT, INSERT, UPDATE, DELETE ON messages.deliveries TO app_primary, app_background;
GRANT SELECT ON messages.deliveries TO app_replica, app_analytics, app_readonly;
REVOKE EXECUTE ON FUNCTION
  messages.subject_matches(TEXT, TEXT), messages.reap_expired(INTEGER), messages.purge_deliveries(INTEGER)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messages.subject_matches(TEXT, TEXT)
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;
GRANT EXECUTE ON FUNCTION messages.reap_expired(INTEGER), messages.purge_deliveries(INTEGER)
  TO app_primary, app_background;
