import { z } from "zod";
import { choice, column, nullable } from "./column.ts";
import { bool, int4, int8, jsonb, text, timestamptz, uuid, varchar } from "./columns.ts";
import { defineRow } from "./define-row.ts";

const bytea = column(z.instanceof(Uint8Array), "bytea");

/** The table `sync.dead_letters`: what could not be brought over between PostgreSQL and JetStream. */
export const syncDeadLetters = defineRow({
  dead_letter_id: int8,
  pipe: varchar(50),
  reason_code: varchar(100),
  reason: text,
  subject: nullable(text),
  message_key: nullable(text),
  payload: nullable(bytea),
  headers: jsonb,
  stream: nullable(text),
  incarnation: nullable(int8),
  sequence: nullable(int8),
  event_id: nullable(int8),
  aggregate: nullable(text),
  attempts: int4,
  created_at: timestamptz,
  retried_at: nullable(timestamptz),
});
/** Parses a row of `sync.dead_letters`. */
export const syncDeadLettersRow = syncDeadLetters.row;
/** A row of `sync.dead_letters`. */
export type SyncDeadLettersRow = z.output<typeof syncDeadLettersRow>;

/** The view `sync.event_sources`: what there are events of, and whether triggers write them. */
export const syncEventSources = defineRow({
  kind: text,
  table_name: text,
  enabled: bool,
});
/** Parses a row of `sync.event_sources`. */
export const syncEventSourcesRow = syncEventSources.row;
/** A row of `sync.event_sources`. */
export type SyncEventSourcesRow = z.output<typeof syncEventSourcesRow>;

/** The table `sync.incarnations`: the lives of the streams that pipes read. */
export const syncIncarnations = defineRow({
  pipe: varchar(50),
  incarnation: int8,
  stream_created: nullable(timestamptz),
  began_at: timestamptz,
  reason: choice(varchar(20), ["first", "recreated", "tail lost", "restored"]),
  last_sequence: nullable(int8),
});
/** Parses a row of `sync.incarnations`. */
export const syncIncarnationsRow = syncIncarnations.row;
/** A row of `sync.incarnations`. */
export type SyncIncarnationsRow = z.output<typeof syncIncarnationsRow>;

/** The table `sync.leases`: which process has which role, and until when. */
export const syncLeases = defineRow({
  role: varchar(100),
  holder: nullable(text),
  epoch: int8,
  expires_at: timestamptz,
});
/** Parses a row of `sync.leases`. */
export const syncLeasesRow = syncLeases.row;
/** A row of `sync.leases`. */
export type SyncLeasesRow = z.output<typeof syncLeasesRow>;

/** The table `sync.outbox`: what happened in the database and is to be told in JetStream; one partition a day of UTC. */
export const syncOutbox = defineRow({
  event_id: int8,
  event_uuid: uuid,
  occurred_at: timestamptz,
  kind: varchar(20),
  operation: varchar(50),
  aggregate: text,
  subject: nullable(text),
  origin: varchar(50),
  tenant: nullable(text),
  payload: jsonb,
});
/** Parses a row of `sync.outbox`. */
export const syncOutboxRow = syncOutbox.row;
/** A row of `sync.outbox`. */
export type SyncOutboxRow = z.output<typeof syncOutboxRow>;

/** The view `sync.outbox_backlog`: how many events wait to be published, one row a kind that has any. */
export const syncOutboxBacklog = defineRow({
  kind: varchar(20),
  pending: int8,
  parked: int8,
  oldest: nullable(timestamptz),
});
/** Parses a row of `sync.outbox_backlog`. */
export const syncOutboxBacklogRow = syncOutboxBacklog.row;
/** A row of `sync.outbox_backlog`. */
export type SyncOutboxBacklogRow = z.output<typeof syncOutboxBacklogRow>;

/** The table `sync.outbox_pending`: the events that are still to be published. */
export const syncOutboxPending = defineRow({
  event_id: int8,
  occurred_at: timestamptz,
  attempts: int4,
  parked_at: nullable(timestamptz),
});
/** Parses a row of `sync.outbox_pending`. */
export const syncOutboxPendingRow = syncOutboxPending.row;
/** A row of `sync.outbox_pending`. */
export type SyncOutboxPendingRow = z.output<typeof syncOutboxPendingRow>;

/** The table `sync.positions`: how far each pipe has read its stream. */
export const syncPositions = defineRow({
  pipe: varchar(50),
  stream: text,
  incarnation: int8,
  sequence: int8,
  anchor_time: nullable(timestamptz),
  stream_created: nullable(timestamptz),
  epoch: int8,
  updated_at: timestamptz,
});
/** Parses a row of `sync.positions`. */
export const syncPositionsRow = syncPositions.row;
/** A row of `sync.positions`. */
export type SyncPositionsRow = z.output<typeof syncPositionsRow>;
