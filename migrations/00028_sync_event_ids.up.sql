-- What an event costs its writer: a third of it was gen_random_uuid(), which asks for random bytes of the strength of a
-- key. An id must be another for each event, not a secret. So it is a UUID of version 7 now: the time in milliseconds
-- (48 bits) and its fraction in 4096ths (12 bits), then 62 bits of random(), which costs a tenth.
--
-- The clock, not the start of the transaction: whoever sets the seed of random() twice has the same numbers twice, at
-- another time. Events that are there keep their ids.
ALTER TABLE sync.outbox ALTER COLUMN event_uuid SET DEFAULT (
  '0' || overlay(to_hex((date_part('epoch', clock_timestamp()) * 4096000)::BIGINT) PLACING '7' FROM 12 FOR 0)
  || to_hex(
    (-9223372036854775808) | ((random() * 2147483647)::BIGINT << 31) | (random() * 2147483647)::BIGINT
  )
)::UUID;

COMMENT ON COLUMN sync.outbox.event_uuid IS
  'What JetStream knows it by (Nats-Msg-Id), a UUID of version 7; no other event has it, also after a restore that gives numbers out again';
