COMMENT ON COLUMN sync.outbox.event_uuid IS
  'What JetStream knows it by (Nats-Msg-Id); no other event has it, also after a restore that gives numbers out again';
ALTER TABLE sync.outbox ALTER COLUMN event_uuid SET DEFAULT gen_random_uuid();
