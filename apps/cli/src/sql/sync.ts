import { sql } from "@mister-smith/client";
import { z } from "zod";

const whole = z.union([z.int(), z.string(), z.bigint()]).transform(Number);

const positionRow = z.object({
  pipe: z.string(),
  stream: z.string(),
  incarnation: whole,
  sequence: whole,
  epoch: whole,
  storedAt: z.date().nullable(),
  streamCreatedMs: z.number().nullable(),
  updatedAt: z.date(),
});
/** How far a pipe is. */
export type SyncPosition = z.output<typeof positionRow>;

export const selectPositions = sql.type(positionRow)`
  SELECT
    p.pipe::TEXT AS pipe, p.stream, p.incarnation, p.sequence, p.epoch, p.anchor_time AS "storedAt",
    round(EXTRACT(epoch FROM p.stream_created) * 1000)::DOUBLE PRECISION AS "streamCreatedMs", p.updated_at AS "updatedAt"
  FROM sync.positions AS p
  ORDER BY p.pipe
`;

const roleRow = z.object({
  role: z.string(),
  holder: z.string().nullable(),
  epoch: whole,
  expiresAt: z.date(),
  isHeld: z.boolean(),
});
/** Who has a role, or had it last. */
export type SyncRole = z.output<typeof roleRow>;

export const selectRoles = sql.type(roleRow)`
  SELECT
    l.role::TEXT AS role, l.holder, l.epoch, l.expires_at AS "expiresAt",
    l.holder IS NOT NULL AND l.expires_at > clock_timestamp() AS "isHeld"
  FROM sync.leases AS l
  ORDER BY l.role
`;

const backlogRow = z.object({
  kind: z.string(),
  pending: whole,
  parked: whole,
  oldest: z.date().nullable(),
});
/** How much of a kind is not published. */
export type SyncBacklog = z.output<typeof backlogRow>;

export const selectBacklog = sql.type(backlogRow)`
  SELECT b.kind::TEXT AS kind, b.pending, b.parked, b.oldest FROM sync.outbox_backlog AS b ORDER BY b.kind
`;

const deadLettersRow = z.object({ pipe: z.string(), open: whole, oldest: z.date() });
/** How many dead letters of a pipe wait for a person. */
export type OpenDeadLetters = z.output<typeof deadLettersRow>;

export const selectOpenDeadLetters = sql.type(deadLettersRow)`
  SELECT d.pipe::TEXT AS pipe, count(*) AS open, min(d.created_at) AS oldest
  FROM sync.dead_letters AS d
  WHERE d.retried_at IS NULL
  GROUP BY d.pipe
  ORDER BY d.pipe
`;

const sourceRow = z.object({ kind: z.string(), table: z.string(), enabled: z.boolean() });
/** A table whose changes are told, or not. */
export type EventSource = z.output<typeof sourceRow>;

export const selectEventSources = sql.type(sourceRow)`
  SELECT s.kind, s.table_name AS "table", s.enabled FROM sync.event_sources AS s ORDER BY s.kind, s.table_name
`;

/** Switches kinds of events on or off; returns how many triggers were switched. */
export function switchEvents(on: boolean, kinds: readonly string[]) {
  const name = on ? sql.fragment`sync.enable_events` : sql.fragment`sync.disable_events`;
  return sql.type(z.object({ switched: z.int() }))`
    SELECT ${name}(VARIADIC ${sql.array([...kinds], "text")}) AS switched
  `;
}
