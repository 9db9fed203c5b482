import { z } from "zod";
import { type EventKind, eventData } from "./event-data.ts";

/** The version of the envelope and of what is in it. Another one is refused by {@link parseEvent}. */
export const eventSchemaVersion = 1;

function eventOf<Kind extends EventKind>(kind: Kind) {
  return z.looseObject({
    /** The version of this format. */
    schema: z.literal(eventSchemaVersion),
    /** Names the event, also when it is published again: the `Nats-Msg-Id`. */
    id: z.guid(),
    /** When the transaction that caused it began, RFC 3339 in UTC. */
    occurred_at: z.iso.datetime({ offset: true }),
    kind: z.literal(kind),
    /** What was done: `put`, `delete`, or the event's name, as `created`, `started` … */
    operation: z.string().min(1),
    /** The tenant of the session that caused it, if it had one. */
    tenant: z.string().nullable(),
    /** Who caused it: `sql`, or `flush` when the fast store's value was brought to PostgreSQL. */
    origin: z.string(),
    /** The event was too large for its stream: `data` lacks its large fields, which stand in the table. */
    reference: z.literal(true).optional(),
    data: eventData[kind],
  });
}

/** The zod schema of every published event, by its kind. */
export const eventSchemas = {
  state: eventOf("state"),
  lifecycle: eventOf("lifecycle"),
  heartbeat: eventOf("heartbeat"),
  task: eventOf("task"),
  message: eventOf("message"),
} as const;

export type StateEvent = z.output<typeof eventSchemas.state>;
export type LifecycleEventMessage = z.output<typeof eventSchemas.lifecycle>;
export type HeartbeatEvent = z.output<typeof eventSchemas.heartbeat>;
export type TaskEvent = z.output<typeof eventSchemas.task>;
export type MessageEvent = z.output<typeof eventSchemas.message>;

/** Any event that the relay publishes; `kind` tells which. */
export type SmithEvent = StateEvent | LifecycleEventMessage | HeartbeatEvent | TaskEvent | MessageEvent;
