import { z } from "zod";
import { asSyncError } from "../errors/as-sync-error.ts";
import type { BothStores } from "../hydrate/hydrate.ts";
import { statePrefix } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { streamDefaults } from "../topology/stream-defaults.ts";
import type { Judged } from "./look.ts";
import { aggregateOf, unpublishedOf } from "./row-side.ts";

/**
 * What the stream of events tells of a row that is gone: that it was deleted after it was as the message has it, or that it
 * was not. Undefined where there are no events, or they do not reach back so far.
 *
 * @throws SyncError `NATS_UNREACHABLE`, `JETSTREAM`
 */
export async function fateOfRow(
  link: NatsLink,
  { subject, message }: Judged,
): Promise<"deleted" | "lost" | undefined> {
  const age = message?.fromRow;
  if (age === undefined) return undefined;
  const event = await lastEvent(link, subject);
  if (event?.data.operation === "put") return event.data.version >= age.version ? "lost" : undefined;
  const isLater = event !== undefined && Date.parse(event.occurred_at) >= Date.parse(age.updatedAt);
  return isLater ? "deleted" : undefined;
}

/**
 * Whether a row is from before the delete that we wrote into the bucket, and is there because PostgreSQL was restored, or was made
 * since. The last event of the key tells the first, if it is a delete and none waits: its time is that of the row's own
 * clock. Of a row made since, its time and that of the message do. Undefined where neither is so.
 *
 * @throws SyncError `NATS_UNREACHABLE`, `JETSTREAM`; what the database throws
 */
export async function ageOfRow(
  { database, link }: BothStores,
  { key, subject, message, row }: Judged,
): Promise<"before" | "since" | undefined> {
  if (message === undefined || row === undefined) return undefined;
  // Asked first: what is published in between is found among the events.
  const unpublished = await unpublishedOf(database, [key]);
  const event = await lastEvent(link, subject);
  if (event?.data.operation === "delete" && event.occurred_at >= row.updatedAt)
    return unpublished.has(aggregateOf(key)) ? undefined : "before";
  return Date.parse(row.updatedAt) > message.storedAtMs ? "since" : undefined;
}

const eventShape = z.looseObject({
  /** RFC 3339 to the microsecond, in UTC, so that the order of texts is that of times. */
  occurred_at: z.string(),
  data: z.looseObject({ operation: z.enum(["put", "delete"]), version: z.int() }),
});

/** The last event of the key that a subject of the bucket stands for; undefined where there is none that can be read. */
async function lastEvent(link: NatsLink, subject: string): Promise<z.output<typeof eventShape> | undefined> {
  const last = `agents.state.${subject.slice(statePrefix.length)}`;
  try {
    const found = await link.manager.streams.getMessage(streamDefaults.agentState.name, {
      last_by_subj: last,
    });
    return eventShape.safeParse(found === null ? undefined : found.json()).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    const failure = asSyncError(error, `read the last event of ${last}`);
    if (failure.code === "TOPOLOGY") return undefined;
    throw failure;
  }
}
