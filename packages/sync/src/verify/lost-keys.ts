import { classifyJetStreamError } from "@mister-smith/errors";
import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { z } from "zod";
import { asSyncError } from "../errors/as-sync-error.ts";
import { fetchMessages } from "../feed/fetch-messages.ts";
import type { BothStores } from "../hydrate/hydrate.ts";
import { keyText } from "../hydrate/state-rows.ts";
import { type StateKey, stateSubject } from "../keys/state-subject.ts";
import { type BucketMessage, readBucket } from "../store/bucket-message.ts";
import { inFlight } from "../store/in-flight.ts";
import { valueRoom } from "../store/value-room.ts";
import { streamDefaults } from "../topology/stream-defaults.ts";
import { aggregateOf, readRowSide, unpublishedOf } from "./row-side.ts";

/** A version of a key, or its delete, that was committed once, and is nowhere now. */
export interface LostVersion {
  readonly key: StateKey;
  /** The version that the event told of. */
  readonly version: number;
  /** The version of the row; undefined when there is none. */
  readonly rowVersion: number | undefined;
}

const eventShape = z.looseObject({
  occurred_at: z.iso.datetime({ offset: true }),
  data: z.looseObject({
    agent_id: z.string(),
    state_key: z.string(),
    operation: z.enum(["put", "delete"]),
    version: z.int(),
    expires_at: z.string().nullish(),
  }),
});

const subjectsOf = (agents: readonly string[] | undefined) =>
  agents === undefined ? ["agents.state.>"] : agents.map((agentId) => `agents.state.${agentId}.>`);

/**
 * Looks into the stream of events, as far back as it reaches, for the last change of each key, and tells which of them
 * PostgreSQL does not have any more: an event is published after the commit that it tells of. What the bucket still has
 * comes back by its flush, or is a difference of its own, and is left out. Without the stream of events nothing can be known.
 */
export async function lostKeys(
  { database, link }: BothStores,
  agents: readonly string[] | undefined,
  createdMs: number,
  signal: AbortSignal | undefined,
): Promise<readonly LostVersion[]> {
  const lost: LostVersion[] = [];
  for (const subject of subjectsOf(agents)) {
    for await (const events of lastEvents(link, subject)) {
      lost.push(...(await missingOf({ database, link }, events, createdMs, signal)));
    }
  }
  return lost;
}

interface StateEventSeen {
  readonly key: StateKey;
  /** For a delete that of the row that was deleted. */
  readonly version: number;
  readonly isDelete: boolean;
  /** RFC 3339 to the microsecond, in UTC. */
  readonly occurredAt: string;
}

async function missingOf(
  { database, link }: BothStores,
  events: readonly StateEventSeen[],
  createdMs: number,
  signal: AbortSignal | undefined,
): Promise<readonly LostVersion[]> {
  const asked = signal === undefined ? {} : { signal };
  const keys = events.map(({ key }) => key);
  const { rows } = await readRowSide(database, keys, createdMs, asked);
  const suspects = events.filter(({ key, version, isDelete }) => {
    const row = rows.get(keyText(key));
    return isDelete ? row?.isLive === true && row.version <= version : (row?.version ?? 0) < version;
  });
  if (suspects.length === 0) return [];
  // A delete that nobody was told of yet explains a missing row.
  const unpublished = await unpublishedOf(
    database,
    suspects.map(({ key }) => key),
    asked,
  );
  const find = async (event: StateEventSeen): Promise<readonly LostVersion[]> => {
    const { key, version } = event;
    const message = await readBucket(link, stateSubject(key), { fromLeader: true, signal });
    if (hasSeen(message, event) || unpublished.has(aggregateOf(key))) return [];
    return [{ key, version, rowVersion: rows.get(keyText(key))?.version }];
  };
  return (await inFlight(suspects, 64, find, valueRoom(link))).flat();
}

/** Whether the bucket still has what an event tells of, or what came later: it comes back from there, or is named as a difference. */
function hasSeen(message: BucketMessage | undefined, event: StateEventSeen): boolean {
  if (message === undefined) return false;
  if (!message.isFromPostgres) return true;
  if (!event.isDelete) return (message.fromRow?.version ?? 0) >= event.version;
  // A row that was made anew begins at version 1 again.
  return message.isDelete || (message.fromRow?.updatedAt ?? "") > event.occurredAt;
}

async function* lastEvents(
  link: BothStores["link"],
  filter: string,
): AsyncGenerator<readonly StateEventSeen[]> {
  const stream = streamDefaults.agentState.name;
  try {
    const { name } = await link.manager.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.LastPerSubject,
      filter_subject: filter,
      inactive_threshold: nanos(60_000),
      mem_storage: true,
      num_replicas: 1,
    });
    for (let left = (await link.manager.consumers.info(stream, name)).num_pending; left > 0; ) {
      const seen: StateEventSeen[] = [];
      const asked = { consumer: name, most: Math.min(500, left), boundBy: "weight" } as const;
      const messages = fetchMessages(link, { stream, ...asked });
      for await (const { pending, data } of messages) {
        left = pending;
        const event = eventOf(Buffer.from(data).toString());
        if (event !== undefined) seen.push(event);
      }
      yield seen;
      if (messages.received === 0) break;
    }
    await link.manager.consumers.delete(stream, name).catch(() => {});
  } catch (error) {
    if (classifyJetStreamError(error) === "not-found") return;
    throw asSyncError(error, `read the events of ${stream}`);
  }
}

/** Undefined for what is no event of a value that could still be there. */
function eventOf(text: string): StateEventSeen | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const event = eventShape.safeParse(json).data;
  if (event === undefined) return undefined;
  const { occurred_at: occurredAt } = event;
  const { agent_id: agentId, state_key: stateKey, version, expires_at, operation } = event.data;
  const isDelete = operation === "delete";
  if (!isDelete && typeof expires_at === "string" && Date.parse(expires_at) <= Date.now()) return undefined;
  return { key: { agentId, stateKey }, version, isDelete, occurredAt };
}
