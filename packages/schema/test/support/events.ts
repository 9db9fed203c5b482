import type { Client } from "pg";
import { z } from "zod";
import { column } from "./rows-of.ts";

const eventRow = z.object({
  kind: z.string(),
  operation: z.string(),
  aggregate: z.string(),
  subject: z.string().nullable(),
  origin: z.string(),
  tenant: z.string().nullable(),
  payload: z.record(z.string(), z.unknown()),
});

/** An event of the outbox without its numbers. */
export type WrittenEvent = z.output<typeof eventRow>;

/** All events that are there, in the order of their numbers; each must be pending. */
export async function eventsOf(client: Client): Promise<WrittenEvent[]> {
  const { rows } = await client.query(`
    SELECT o.kind, o.operation, o.aggregate, o.subject, o.origin, o.tenant, o.payload
    FROM sync.outbox AS o LEFT JOIN sync.outbox_pending AS p USING (event_id, occurred_at)
    ORDER BY o.event_id, 1 / (p.event_id IS NOT NULL)::INTEGER`);
  return z.array(eventRow).parse(rows);
}

/** Forgets all events. */
export async function forgetEvents(client: Client): Promise<void> {
  await client.query("TRUNCATE sync.outbox, sync.outbox_pending");
}

/** The kinds of events that are switched on. */
export async function enabledKinds(client: Client): Promise<unknown[]> {
  return column(client, "SELECT kind FROM sync.event_sources WHERE enabled ORDER BY kind");
}

export const allKinds = ["config", "heartbeat", "lifecycle", "message", "session", "state", "task"];
