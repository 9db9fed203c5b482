-- What the bridge to JetStream remembers: how far each pipe has read, in which life of its stream, who may run what,
-- and what could not be brought over.
--
-- A position is committed in the same transaction as the rows that it stands for, and moved only from where its writer
-- knew it to be. So two who flush at once cannot both succeed, whatever their leases say: a lease keeps them from
-- getting into each other's way, no more.

CREATE TABLE sync.positions (
  pipe VARCHAR(50) PRIMARY KEY,
  stream TEXT NOT NULL,
  incarnation BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  anchor_time TIMESTAMPTZ,
  stream_created TIMESTAMPTZ,
  epoch BIGINT NOT NULL DEFAULT 0,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),

  CONSTRAINT valid_pipe CHECK (length(pipe) > 0),
  CONSTRAINT valid_stream CHECK (length(stream) > 0),
  CONSTRAINT valid_incarnation CHECK (incarnation >= 0),
  CONSTRAINT valid_sequence CHECK (sequence >= 0),
  CONSTRAINT valid_epoch CHECK (epoch >= 0)
);

CREATE TRIGGER set_updated_at BEFORE UPDATE ON sync.positions
  FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

CREATE TABLE sync.incarnations (
  pipe VARCHAR(50) NOT NULL,
  incarnation BIGINT NOT NULL,
  stream_created TIMESTAMPTZ,
  began_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  reason VARCHAR(20) NOT NULL,
  last_sequence BIGINT,

  PRIMARY KEY (pipe, incarnation),
  CONSTRAINT valid_pipe CHECK (length(pipe) > 0),
  CONSTRAINT valid_incarnation CHECK (incarnation >= 0),
  CONSTRAINT valid_reason CHECK (reason::TEXT IN ('first', 'recreated', 'tail lost', 'restored')),
  CONSTRAINT valid_last_sequence CHECK (last_sequence >= 0)
);

CREATE TABLE sync.leases (
  role VARCHAR(100) PRIMARY KEY,
  holder TEXT,
  epoch BIGINT NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,

  CONSTRAINT valid_role CHECK (length(role) > 0),
  CONSTRAINT valid_holder CHECK (length(holder) > 0),
  CONSTRAINT valid_epoch CHECK (epoch > 0)
);

CREATE TABLE sync.dead_letters (
  dead_letter_id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  pipe VARCHAR(50) NOT NULL,
  reason_code VARCHAR(100) NOT NULL,
  reason TEXT NOT NULL,
  subject TEXT,
  message_key TEXT,
  payload BYTEA,
  headers JSONB NOT NULL DEFAULT '{}',
  stream TEXT,
  incarnation BIGINT,
  sequence BIGINT,
  event_id BIGINT,
  aggregate TEXT,
  attempts INTEGER NOT NULL DEFAULT 1,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  retried_at TIMESTAMPTZ,

  -- A message that is delivered again is parked once; what comes from no stream has no sequence and is not compared.
  CONSTRAINT dead_letters_message_key UNIQUE (pipe, stream, incarnation, sequence),
  CONSTRAINT valid_pipe CHECK (length(pipe) > 0),
  CONSTRAINT valid_reason_code CHECK (length(reason_code) > 0),
  CONSTRAINT valid_headers CHECK (jsonb_typeof(headers) = 'object'),
  CONSTRAINT valid_attempts CHECK (attempts >= 0)
);
CREATE INDEX idx_sync_dead_letters_open ON sync.dead_letters (pipe, dead_letter_id) WHERE retried_at IS NULL;
CREATE INDEX idx_sync_dead_letters_aggregate ON sync.dead_letters (aggregate) WHERE aggregate IS NOT NULL;

-- One statement, so it is atomic: whoever comes second waits for the row and then sees who has it. The clock, not the
-- start of the transaction: that wait takes time, too.
CREATE FUNCTION sync.take_lease(p_role TEXT, p_holder TEXT, p_ttl INTERVAL)
RETURNS TABLE (epoch BIGINT, expires_at TIMESTAMPTZ)
LANGUAGE plpgsql
AS $body$
#variable_conflict use_column
BEGIN
  IF p_ttl IS NULL OR p_ttl <= INTERVAL '0' THEN
    RAISE EXCEPTION 'a lease cannot last %', COALESCE(p_ttl::TEXT, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give an interval above zero, such as 5 seconds.';
  END IF;
  IF p_holder IS NULL THEN
    RAISE EXCEPTION 'the lease of % needs a holder', COALESCE(quote_literal(p_role), 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a name that no other process has.';
  END IF;
  RETURN QUERY
    INSERT INTO sync.leases AS l (role, holder, epoch, expires_at)
    VALUES (p_role, p_holder, 1, clock_timestamp() + p_ttl)
    ON CONFLICT (role) DO UPDATE
    SET
      holder = p_holder,
      epoch = l.epoch + CASE WHEN l.holder = p_holder THEN 0 ELSE 1 END,
      expires_at = clock_timestamp() + p_ttl
    WHERE l.holder = p_holder OR l.expires_at <= clock_timestamp()
    RETURNING l.epoch, l.expires_at;
END
$body$;

-- The row stays, for its epoch: whoever comes next must have a higher one.
CREATE FUNCTION sync.give_lease(p_role TEXT, p_holder TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql
AS $body$
BEGIN
  UPDATE sync.leases AS l SET holder = NULL, expires_at = clock_timestamp()
  WHERE l.role = p_role AND l.holder = p_holder;
  RETURN FOUND;
END
$body$;

COMMENT ON TABLE sync.positions IS 'How far each pipe has read its stream; committed with the rows that it wrote';
COMMENT ON COLUMN sync.positions.pipe IS 'What reads, such as agent_state';
COMMENT ON COLUMN sync.positions.stream IS 'The stream that it reads';
COMMENT ON COLUMN sync.positions.incarnation IS
  'Which life of the stream the sequence belongs to: a stream that is made anew, or restored, gives its numbers out again';
COMMENT ON COLUMN sync.positions.sequence IS 'The last message that was applied; 0 before the first';
COMMENT ON COLUMN sync.positions.anchor_time IS
  'When JetStream stored that message: another time under the same number is another message; NULL before the first';
COMMENT ON COLUMN sync.positions.stream_created IS 'When the stream was made, as JetStream says';
COMMENT ON COLUMN sync.positions.epoch IS 'Of the lease under which it was last moved';
COMMENT ON COLUMN sync.positions.updated_at IS 'When the row was last changed; kept by trigger';
COMMENT ON TABLE sync.incarnations IS 'The lives of the streams that pipes read';
COMMENT ON COLUMN sync.incarnations.pipe IS 'The pipe';
COMMENT ON COLUMN sync.incarnations.incarnation IS 'Counts the lives of its stream';
COMMENT ON COLUMN sync.incarnations.stream_created IS 'When the stream was made, as JetStream says';
COMMENT ON COLUMN sync.incarnations.began_at IS 'When the pipe found it';
COMMENT ON COLUMN sync.incarnations.reason IS
  'Why it is another one: first, recreated, tail lost (the stream has fewer messages than were read), restored';
COMMENT ON COLUMN sync.incarnations.last_sequence IS 'How far the one before was read; NULL for the first';
COMMENT ON TABLE sync.leases IS 'Which process has which role, and until when nobody else may';
COMMENT ON COLUMN sync.leases.role IS 'The role, such as flush or relay';
COMMENT ON COLUMN sync.leases.holder IS 'Who has it; NULL when it was given back';
COMMENT ON COLUMN sync.leases.epoch IS 'Grows whenever the role changes hands';
COMMENT ON COLUMN sync.leases.expires_at IS 'From when on another may take it, by the clock of the database';
COMMENT ON TABLE sync.dead_letters IS 'Messages and events that could not be brought over, with what was wrong, until they are retried or removed';
COMMENT ON COLUMN sync.dead_letters.dead_letter_id IS 'The dead letter';
COMMENT ON COLUMN sync.dead_letters.pipe IS 'Where it happened: flush, relay, consume';
COMMENT ON COLUMN sync.dead_letters.reason_code IS 'What was wrong, for programs';
COMMENT ON COLUMN sync.dead_letters.reason IS 'What was wrong, for people';
COMMENT ON COLUMN sync.dead_letters.subject IS 'The subject of the message';
COMMENT ON COLUMN sync.dead_letters.message_key IS 'Its key in a bucket, as it was written';
COMMENT ON COLUMN sync.dead_letters.payload IS 'Its bytes, unchanged';
COMMENT ON COLUMN sync.dead_letters.headers IS 'Its headers';
COMMENT ON COLUMN sync.dead_letters.stream IS 'The stream that it came from';
COMMENT ON COLUMN sync.dead_letters.incarnation IS 'Which life of that stream';
COMMENT ON COLUMN sync.dead_letters.sequence IS 'Its number in the stream';
COMMENT ON COLUMN sync.dead_letters.event_id IS 'The event of the outbox that could not be published';
COMMENT ON COLUMN sync.dead_letters.aggregate IS 'What the event is about: later events of the same wait behind it';
COMMENT ON COLUMN sync.dead_letters.attempts IS 'How often it was tried';
COMMENT ON COLUMN sync.dead_letters.created_at IS 'When it was given up';
COMMENT ON COLUMN sync.dead_letters.retried_at IS 'When it was tried again by hand; NULL while it was not';
COMMENT ON FUNCTION sync.take_lease(TEXT, TEXT, INTERVAL) IS
  'Takes a role that is free or expired, or prolongs it for who has it; no row while another has it. The epoch grows whenever the role changes hands';
COMMENT ON FUNCTION sync.give_lease(TEXT, TEXT) IS
  'Gives a role back, so that another need not wait until it expires; whether it was held by the caller''s name';

GRANT USAGE ON SCHEMA sync TO app_primary, app_replica, app_background, app_analytics, app_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON sync.positions, sync.incarnations, sync.leases, sync.dead_letters
  TO app_background;
GRANT SELECT ON sync.positions, sync.incarnations, sync.leases
  TO app_primary, app_replica, app_analytics, app_readonly;
-- What could not be published may be about a session.
GRANT SELECT ON sync.dead_letters TO app_primary, app_replica;
REVOKE EXECUTE ON FUNCTION sync.take_lease(TEXT, TEXT, INTERVAL), sync.give_lease(TEXT, TEXT) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.take_lease(TEXT, TEXT, INTERVAL), sync.give_lease(TEXT, TEXT) TO app_background;
