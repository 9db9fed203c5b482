CREATE TABLE messages.log (
  message_id public.message_id_type NOT NULL DEFAULT gen_random_uuid(),
  channel_id UUID,
  channel_type VARCHAR(50),

  from_agent_id public.agent_id_type REFERENCES agents.registry (agent_id),
  to_agent_id public.agent_id_type REFERENCES agents.registry (agent_id),
  broadcast_to_type VARCHAR(50),

  message_type public.message_type NOT NULL,
  subject VARCHAR(255),
  payload JSONB NOT NULL DEFAULT '{}',
  headers JSONB NOT NULL DEFAULT '{}',
  correlation_id UUID,
  reply_to VARCHAR(255),

  sent_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  delivered_at TIMESTAMPTZ,
  processed_at TIMESTAMPTZ,
  delivery_attempts INTEGER NOT NULL DEFAULT 0,

  priority INTEGER NOT NULL DEFAULT 0,
  expires_at TIMESTAMPTZ,
  is_persistent BOOLEAN NOT NULL DEFAULT TRUE,

  PRIMARY KEY (message_id, sent_at),
  CONSTRAINT log_channel_fkey FOREIGN KEY (channel_id, channel_type)
    REFERENCES messages.channels (channel_id, channel_type) MATCH FULL,
  CONSTRAINT valid_priority CHECK (priority BETWEEN 0 AND 10),
  CONSTRAINT valid_delivery_attempts CHECK (delivery_attempts >= 0),
  -- Who a message is for: one agent, the agents of one type, or, on a topic or queue, whoever takes it from there.
  -- A heartbeat is for whoever cares.
  CONSTRAINT routing_consistency CHECK (
    message_type = 'heartbeat'
    OR CASE
      WHEN channel_type::TEXT IN ('topic', 'queue') THEN to_agent_id IS NULL AND broadcast_to_type IS NULL
      WHEN channel_type = 'direct' THEN to_agent_id IS NOT NULL AND broadcast_to_type IS NULL
      WHEN channel_type = 'broadcast' THEN to_agent_id IS NULL AND broadcast_to_type IS NOT NULL
      ELSE (to_agent_id IS NULL) <> (broadcast_to_type IS NULL)
    END
  )
) PARTITION BY RANGE (sent_at);

CREATE TABLE messages.log_default PARTITION OF messages.log DEFAULT;

CREATE INDEX idx_messages_log_from_sent ON messages.log (from_agent_id, sent_at);
CREATE INDEX idx_messages_log_to_sent ON messages.log (to_agent_id, sent_at);
CREATE INDEX idx_messages_log_type_sent ON messages.log (message_type, sent_at);
CREATE INDEX idx_messages_log_correlation ON messages.log (correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX idx_messages_log_channel_sent ON messages.log (channel_id, sent_at);
CREATE INDEX idx_messages_log_undelivered ON messages.log (sent_at) WHERE delivered_at IS NULL;
CREATE INDEX idx_messages_log_routing ON messages.log (from_agent_id, to_agent_id, sent_at)
  WHERE delivered_at IS NULL;

CREATE FUNCTION messages.fill_channel_type() RETURNS TRIGGER
LANGUAGE plpgsql
AS $body$
BEGIN
  SELECT c.channel_type INTO NEW.channel_type FROM messages.channels AS c WHERE c.channel_id = NEW.channel_id;
  IF NEW.channel_id IS NOT NULL AND NOT FOUND THEN
    RAISE EXCEPTION 'channel % does not exist', NEW.channel_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NEW;
END
$body$;

CREATE TRIGGER fill_channel_type BEFORE INSERT ON messages.log
  FOR EACH ROW WHEN (NEW.channel_id IS NOT NULL AND NEW.channel_type IS NULL)
  EXECUTE FUNCTION messages.fill_channel_type();
CREATE TRIGGER refill_channel_type BEFORE UPDATE OF channel_id ON messages.log
  FOR EACH ROW WHEN (
    OLD.channel_id IS DISTINCT FROM NEW.channel_id AND OLD.channel_type IS NOT DISTINCT FROM NEW.channel_type
  )
  EXECUTE FUNCTION messages.fill_channel_type();

COMMENT ON TABLE messages.log IS 'Every message that was sent; one partition a day of UTC';
COMMENT ON COLUMN messages.log.message_id IS 'The message';
COMMENT ON COLUMN messages.log.channel_id IS 'The channel it went through, if any';
COMMENT ON COLUMN messages.log.channel_type IS 'The type of that channel; filled in from channel_id when left out';
COMMENT ON COLUMN messages.log.from_agent_id IS 'The agent that sent it, if one did';
COMMENT ON COLUMN messages.log.to_agent_id IS 'The one agent it is for';
COMMENT ON COLUMN messages.log.broadcast_to_type IS 'The type of agents it is for';
COMMENT ON COLUMN messages.log.message_type IS 'What it is for';
COMMENT ON COLUMN messages.log.subject IS 'What it is about';
COMMENT ON COLUMN messages.log.payload IS 'What it says';
COMMENT ON COLUMN messages.log.headers IS 'What travels beside it';
COMMENT ON COLUMN messages.log.correlation_id IS 'What joins a request and its responses';
COMMENT ON COLUMN messages.log.reply_to IS 'Where a response is to go';
COMMENT ON COLUMN messages.log.sent_at IS 'When it was sent; decides the partition';
COMMENT ON COLUMN messages.log.delivered_at IS 'When it was delivered; NULL while it has not been';
COMMENT ON COLUMN messages.log.processed_at IS 'When its receiver was done with it';
COMMENT ON COLUMN messages.log.delivery_attempts IS 'How often delivery was tried';
COMMENT ON COLUMN messages.log.priority IS 'From 0, the lowest, to 10';
COMMENT ON COLUMN messages.log.expires_at IS 'Not worth delivering after';
COMMENT ON COLUMN messages.log.is_persistent IS 'Whether it must outlive a restart of the fast store';
COMMENT ON FUNCTION messages.fill_channel_type() IS 'Row trigger: fills in the type of the channel';

GRANT SELECT, INSERT, UPDATE, DELETE ON messages.log TO app_primary;
GRANT SELECT, INSERT, UPDATE ON messages.log TO app_background;
GRANT SELECT ON messages.log TO app_replica, app_analytics, app_readonly;
REVOKE EXECUTE ON FUNCTION messages.fill_channel_type() FROM PUBLIC;

INSERT INTO partitions.settings (schema_name, table_name) VALUES ('messages', 'log');
SELECT partitions.create_time_partition('messages.log', (now() AT TIME ZONE 'UTC')::DATE + d)
FROM generate_series(-1, 1) AS d;
