CREATE TABLE messages.channels (
  channel_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  channel_name VARCHAR(255) NOT NULL UNIQUE,
  channel_type VARCHAR(50) NOT NULL,
  description TEXT,
  configuration JSONB NOT NULL DEFAULT '{}',
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  -- What the log refers to, so that a message knows the type of its channel.
  UNIQUE (channel_id, channel_type),
  CONSTRAINT valid_channel_name CHECK (length(channel_name) > 0),
  CONSTRAINT valid_channel_type CHECK (channel_type::TEXT IN ('broadcast', 'direct', 'topic', 'queue'))
);

CREATE INDEX idx_messages_channels_type_active ON messages.channels (channel_type, is_active);

CREATE TABLE messages.subscriptions (
  subscription_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  agent_id public.agent_id_type NOT NULL REFERENCES agents.registry (agent_id) ON DELETE CASCADE,
  channel_id UUID NOT NULL REFERENCES messages.channels (channel_id) ON DELETE CASCADE,
  message_pattern VARCHAR(255),
  filters JSONB NOT NULL DEFAULT '{}',
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  -- No pattern is a pattern too: it may be subscribed to once.
  UNIQUE NULLS NOT DISTINCT (agent_id, channel_id, message_pattern)
);

CREATE INDEX idx_messages_subscriptions_agent ON messages.subscriptions (agent_id, is_active);
CREATE INDEX idx_messages_subscriptions_channel ON messages.subscriptions (channel_id, is_active);

COMMENT ON TABLE messages.channels IS 'The channels that messages go through';
COMMENT ON COLUMN messages.channels.channel_id IS 'The channel';
COMMENT ON COLUMN messages.channels.channel_name IS 'Its name, unique';
COMMENT ON COLUMN messages.channels.channel_type IS
  'How it delivers: broadcast, direct, topic, queue; fixed once a message went through';
COMMENT ON COLUMN messages.channels.description IS 'What it is for';
COMMENT ON COLUMN messages.channels.configuration IS 'How it is set up';
COMMENT ON COLUMN messages.channels.is_active IS 'Whether it takes messages';
COMMENT ON COLUMN messages.channels.created_at IS 'When it was opened';
COMMENT ON TABLE messages.subscriptions IS 'Which agent listens to which channel';
COMMENT ON COLUMN messages.subscriptions.subscription_id IS 'The subscription';
COMMENT ON COLUMN messages.subscriptions.agent_id IS 'The agent that listens';
COMMENT ON COLUMN messages.subscriptions.channel_id IS 'The channel it listens to';
COMMENT ON COLUMN messages.subscriptions.message_pattern IS 'Which subjects it wants; NULL for all';
COMMENT ON COLUMN messages.subscriptions.filters IS 'What else a message must meet';
COMMENT ON COLUMN messages.subscriptions.is_active IS 'Whether messages are delivered to it';
COMMENT ON COLUMN messages.subscriptions.created_at IS 'When it was made';

GRANT SELECT, INSERT, UPDATE, DELETE ON messages.channels, messages.subscriptions TO app_primary;
GRANT SELECT ON messages.channels, messages.subscriptions
  TO app_replica, app_background, app_analytics, app_readonly;
