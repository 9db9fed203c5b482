-- What happened in the database and is to be told in JetStream. Triggers write it in the transaction of whoever did it
-- (see 00026), the relay publishes it.
--
--   sync.outbox          what happened. A row is never changed, and outlives its publication, so that what a restored
--                        stream lacks can be published again. Whole days are dropped.
--   sync.outbox_pending  what is still to be published. The relay takes its rows in the order of their numbers, and
--                        removes them when JetStream has acknowledged them.
--
-- Nobody may remember how far he has read: a transaction that commits late brings numbers below those that are there.
-- It brings its row of outbox_pending with it as well, so whoever looks into that finds it. Of two changes to one row the
-- later one has the higher number: it is taken after the change, which waits for the row's lock.

CREATE TABLE sync.outbox (
  event_id BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY,
  event_uuid UUID NOT NULL DEFAULT gen_random_uuid(),
  occurred_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  kind VARCHAR(20) NOT NULL,
  operation VARCHAR(50) NOT NULL,
  aggregate TEXT NOT NULL,
  subject TEXT,
  origin VARCHAR(50) NOT NULL DEFAULT 'sql',
  tenant TEXT,
  payload JSONB NOT NULL,

  -- No CHECK: each would cost a writer of one row a twentieth of what its event costs him.
  PRIMARY KEY (event_id, occurred_at)
) PARTITION BY RANGE (occurred_at);

CREATE TABLE sync.outbox_default PARTITION OF sync.outbox DEFAULT;

CREATE TABLE sync.outbox_pending (
  event_id BIGINT PRIMARY KEY,
  occurred_at TIMESTAMPTZ NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  parked_at TIMESTAMPTZ
)
-- Rows come and go faster than the usual vacuum thinks, and the relay reads from the end where they went.
WITH (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,
  autovacuum_analyze_scale_factor = 0.2, autovacuum_vacuum_cost_delay = 0
);

-- With the rights of its owner: it shows numbers, while the events themselves are not for everybody.
CREATE VIEW sync.outbox_backlog AS
SELECT
  o.kind,
  count(*) FILTER (WHERE p.parked_at IS NULL) AS pending,
  count(*) FILTER (WHERE p.parked_at IS NOT NULL) AS parked,
  min(p.occurred_at) FILTER (WHERE p.parked_at IS NULL) AS oldest
FROM sync.outbox_pending AS p
JOIN sync.outbox AS o ON o.event_id = p.event_id AND o.occurred_at = p.occurred_at
GROUP BY o.kind;

-- convert_to() is only STABLE, since a conversion can be replaced; for a fixed target encoding the bytes are the same
-- for ever. A dot has other bytes beside it than dots exactly if it has other characters beside it.
CREATE FUNCTION sync.encode_text(p_text TEXT, p_keep_dots BOOLEAN) RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $body$
DECLARE
  v_bytes CONSTANT BYTEA := convert_to(p_text, 'UTF8');
  v_last CONSTANT INTEGER := octet_length(v_bytes) - 1;
  v_dot CONSTANT INTEGER := ascii('.');
BEGIN
  RETURN COALESCE(string_agg(
    CASE
      WHEN
        b.byte BETWEEN ascii('a') AND ascii('z') OR b.byte BETWEEN ascii('A') AND ascii('Z')
        OR b.byte BETWEEN ascii('0') AND ascii('9') OR b.byte IN (ascii('_'), ascii('-'), ascii('/'))
      THEN chr(b.byte)
      WHEN
        p_keep_dots AND b.byte = v_dot AND b.place > 0 AND b.place < v_last
        AND get_byte(v_bytes, b.place - 1) <> v_dot AND get_byte(v_bytes, b.place + 1) <> v_dot
      THEN '.'
      ELSE '=' || lpad(upper(to_hex(b.byte)), 2, '0')
    END,
    '' ORDER BY b.place
  ), '')
  FROM (SELECT i AS place, get_byte(v_bytes, i) AS byte FROM generate_series(0, v_last) AS i) AS b;
END
$body$;

-- Both are expanded where they are called, so that what needs no encoding pays for one look at it.
CREATE FUNCTION sync.subject_token(p_text TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_text COLLATE "C" ~ '^[A-Za-z0-9_/-]*$' THEN p_text ELSE sync.encode_text(p_text, FALSE) END;

CREATE FUNCTION sync.encode_key(p_key TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN p_key COLLATE "C" ~ '^[A-Za-z0-9_/-]+(\.[A-Za-z0-9_/-]+)*$' THEN p_key
  ELSE sync.encode_text(p_key, TRUE)
END;

-- Drops the partitions that are older than that and of which nothing is pending. Whoever adds events holds a lock on the
-- table until it has committed: once it is granted to this function, what is pending can be seen.
CREATE FUNCTION sync.drop_published(p_keep INTERVAL) RETURNS INTEGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s'
AS $body$
DECLARE
  v_outbox CONSTANT REGCLASS := 'sync.outbox'::REGCLASS;
  v_partition REGCLASS;
  v_dropped INTEGER := 0;
BEGIN
  IF p_keep IS NULL OR p_keep < INTERVAL '0' THEN
    RAISE EXCEPTION 'cannot keep published events for %', COALESCE(p_keep::TEXT, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give an interval of zero or more, such as 7 days.';
  END IF;
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'published events are dropped in a transaction that is read committed, not %',
      current_setting('transaction_isolation')
      USING
        ERRCODE = 'invalid_transaction_state',
        HINT = 'An older snapshot would not show all that is pending.';
  END IF;
  PERFORM partitions.lock_upkeep(v_outbox);
  IF NOT EXISTS (SELECT FROM sync.published_partitions(now() - p_keep)) THEN
    RETURN 0;
  END IF;
  PERFORM partitions.lock_tables(v_outbox, TRUE);
  FOR v_partition IN SELECT p FROM sync.published_partitions(now() - p_keep) AS p LOOP
    EXECUTE format('DROP TABLE %s', v_partition);
    v_dropped := v_dropped + 1;
  END LOOP;
  RETURN v_dropped;
END
$body$;

CREATE FUNCTION sync.published_partitions(p_before TIMESTAMPTZ) RETURNS SETOF REGCLASS
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT e.partition
  FROM partitions.expired_partitions('sync.outbox'::REGCLASS, p_before) AS e (partition)
  CROSS JOIN LATERAL partitions.time_bounds(e.partition) AS b
  WHERE NOT EXISTS (
    SELECT FROM sync.outbox_pending AS p
    WHERE p.occurred_at >= b.lower_bound AND p.occurred_at < b.upper_bound
  )
$body$;

-- A trigger is a source of events by its name, sync_KIND_COMMAND, and by its function, which is in this schema.
CREATE VIEW sync.event_sources AS
SELECT
  substring(t.tgname FROM '^sync_([a-z]+)_(?:insert|update|delete)$') AS kind,
  n.nspname || '.' || c.relname AS table_name,
  bool_and(t.tgenabled <> 'D') AS enabled
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
WHERE t.tgname ~ '^sync_[a-z]+_(insert|update|delete)$'
  AND f.pronamespace = (SELECT s.oid FROM pg_catalog.pg_namespace AS s WHERE s.nspname = 'sync')
GROUP BY 1, 2;

-- The lock that this needs waits for every write that is under way, and later ones queue behind it: it is given up after
-- a moment, with all the others, and asked for again.
CREATE FUNCTION sync.switch_events(p_kinds TEXT[], p_on BOOLEAN) RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET lock_timeout = '250ms'
AS $body$
DECLARE
  v_attempts CONSTANT INTEGER := 40;
  v_unknown TEXT;
  v_source RECORD;
  v_switched INTEGER;
BEGIN
  SELECT COALESCE(quote_literal(k.kind), 'NULL') INTO v_unknown
  FROM unnest(p_kinds) AS k (kind)
  WHERE k.kind IS NULL OR k.kind NOT IN (SELECT s.kind FROM sync.event_sources AS s)
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'there are no events of kind %', v_unknown
      USING
        ERRCODE = 'invalid_parameter_value',
        HINT = 'SELECT kind FROM sync.event_sources lists those that there are.';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('mister-smith events'), 0);
  FOR v_attempt IN 1..v_attempts LOOP
    BEGIN
      v_switched := 0;
      FOR v_source IN
        SELECT s.kind, s.table_name, t.tgname, t.tgrelid::REGCLASS AS relation
        FROM sync.event_sources AS s
        JOIN pg_trigger AS t
          ON t.tgrelid = s.table_name::REGCLASS AND starts_with(t.tgname, 'sync_' || s.kind || '_')
        WHERE s.kind = ANY (p_kinds) AND (t.tgenabled <> 'D') <> p_on
        ORDER BY t.tgrelid, t.tgname
      LOOP
        EXECUTE format(
          'ALTER TABLE %s %s TRIGGER %I',
          v_source.relation, CASE WHEN p_on THEN 'ENABLE' ELSE 'DISABLE' END, v_source.tgname
        );
        v_switched := v_switched + 1;
      END LOOP;
      RETURN v_switched;
    EXCEPTION
      WHEN lock_not_available OR deadlock_detected THEN
        IF v_attempt = v_attempts THEN
          RAISE EXCEPTION 'a table of these events is busy: its lock was not granted in % attempts', v_attempts
            USING
              ERRCODE = 'lock_not_available',
              HINT = 'Look in pg_stat_activity for long transactions that write, and run this again.';
        END IF;
    END;
    PERFORM pg_sleep(0.05 + random() * 0.15);
  END LOOP;
END
$body$;

CREATE FUNCTION sync.enable_events(VARIADIC p_kinds TEXT[]) RETURNS INTEGER
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT sync.switch_events(p_kinds, TRUE)
$body$;

CREATE FUNCTION sync.disable_events(VARIADIC p_kinds TEXT[]) RETURNS INTEGER
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $body$
  SELECT sync.switch_events(p_kinds, FALSE)
$body$;

COMMENT ON TABLE sync.outbox IS 'What happened in the database and is to be told in JetStream; one partition a day of UTC; never changed';
COMMENT ON COLUMN sync.outbox.event_id IS 'The event; of two events of one aggregate the later has the higher number';
COMMENT ON COLUMN sync.outbox.event_uuid IS
  'What JetStream knows it by (Nats-Msg-Id); no other event has it, also after a restore that gives numbers out again';
COMMENT ON COLUMN sync.outbox.occurred_at IS 'When the transaction began in which it happened; decides the partition';
COMMENT ON COLUMN sync.outbox.kind IS 'What it is about: state, lifecycle, heartbeat, config, task, message, session';
COMMENT ON COLUMN sync.outbox.operation IS 'What happened: put, delete, or the name of the event, such as created';
COMMENT ON COLUMN sync.outbox.aggregate IS 'What must be told in order: state:AGENT:KEY, agent:ID, config:ID, task:ID, message:ID, session:ID';
COMMENT ON COLUMN sync.outbox.subject IS 'The subject it is published under; NULL when it only changes a bucket';
COMMENT ON COLUMN sync.outbox.origin IS 'Who did it: the setting sync.origin of the transaction, or sql';
COMMENT ON COLUMN sync.outbox.tenant IS 'For whom: the setting app.current_tenant_id of the transaction';
COMMENT ON COLUMN sync.outbox.payload IS 'What is told: identifiers and what is small; larger values are left to be read from their table';
COMMENT ON TABLE sync.outbox_pending IS 'The events that are still to be published; a row is removed when JetStream has acknowledged its event';
COMMENT ON COLUMN sync.outbox_pending.event_id IS 'The event';
COMMENT ON COLUMN sync.outbox_pending.occurred_at IS 'With event_id the key of sync.outbox';
COMMENT ON COLUMN sync.outbox_pending.attempts IS 'How often it was tried in vain';
COMMENT ON COLUMN sync.outbox_pending.parked_at IS 'When it was given up until somebody looks at it; NULL while it is tried';
COMMENT ON VIEW sync.outbox_backlog IS 'How many events wait to be published, by kind';
COMMENT ON COLUMN sync.outbox_backlog.kind IS 'The kind of the events';
COMMENT ON COLUMN sync.outbox_backlog.pending IS 'How many wait, without those that are parked';
COMMENT ON COLUMN sync.outbox_backlog.parked IS 'How many were given up until somebody looks at them';
COMMENT ON COLUMN sync.outbox_backlog.oldest IS 'Since when the oldest of those that wait does so; NULL when all are parked';
COMMENT ON VIEW sync.event_sources IS 'What there are events of, and whether triggers write them';
COMMENT ON COLUMN sync.event_sources.kind IS 'The kind of the events';
COMMENT ON COLUMN sync.event_sources.table_name IS 'The table whose changes they tell';
COMMENT ON COLUMN sync.event_sources.enabled IS 'Whether its triggers write events';
COMMENT ON FUNCTION sync.encode_text(TEXT, BOOLEAN) IS
  'The text with every byte but A-Z a-z 0-9 _ - / as = and two hexadecimal digits; or also with single dots that have a neighbour on both sides';
COMMENT ON FUNCTION sync.subject_token(TEXT) IS
  'The text as one token of a subject: A-Z a-z 0-9 _ - / as they are, every other byte of its UTF-8 as = and two upper-case hexadecimal digits';
COMMENT ON FUNCTION sync.encode_key(TEXT) IS
  'A key as JetStream has it: as sync.subject_token() does, but a dot between two characters that are no dots stays one';
COMMENT ON FUNCTION sync.drop_published(INTERVAL) IS
  'Drops the days of sync.outbox that ended longer ago than given and of which no event is pending; returns how many partitions';
COMMENT ON FUNCTION sync.published_partitions(TIMESTAMPTZ) IS
  'The partitions of sync.outbox that end at or before a point in time and of which no event is pending';
COMMENT ON FUNCTION sync.switch_events(TEXT[], BOOLEAN) IS
  'Switches the triggers of some kinds of events on or off, each lock within 250 ms or all of them again, 40 times; returns how many triggers it switched';
COMMENT ON FUNCTION sync.enable_events(TEXT[]) IS
  'Lets triggers write events of these kinds from now on; returns how many triggers that switched on';
COMMENT ON FUNCTION sync.disable_events(TEXT[]) IS
  'Lets triggers write no events of these kinds any more; what is pending stays; returns how many triggers that switched off';

GRANT SELECT, INSERT ON sync.outbox TO app_background;
GRANT SELECT, INSERT, UPDATE, DELETE ON sync.outbox_pending TO app_background;
-- Events are about sessions, too.
GRANT SELECT ON sync.outbox, sync.outbox_pending TO app_primary, app_replica;
GRANT SELECT ON sync.outbox_backlog, sync.event_sources
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;
REVOKE EXECUTE ON FUNCTION
  sync.encode_text(TEXT, BOOLEAN), sync.subject_token(TEXT), sync.encode_key(TEXT), sync.drop_published(INTERVAL),
  sync.published_partitions(TIMESTAMPTZ), sync.switch_events(TEXT[], BOOLEAN), sync.enable_events(TEXT[]),
  sync.disable_events(TEXT[])
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync.encode_text(TEXT, BOOLEAN), sync.subject_token(TEXT), sync.encode_key(TEXT)
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;
GRANT EXECUTE ON FUNCTION sync.drop_published(INTERVAL), sync.enable_events(TEXT[]), sync.disable_events(TEXT[])
  TO app_background;

-- Made ahead by the upkeep of partitions; only sync.drop_published() drops them.
INSERT INTO partitions.settings (schema_name, table_name, retain_days) VALUES ('sync', 'outbox', NULL);
SELECT partitions.create_time_partition('sync.outbox', (now() AT TIME ZONE 'UTC')::DATE + d)
FROM generate_series(-1, 1) AS d;
