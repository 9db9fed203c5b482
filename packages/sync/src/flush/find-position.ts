import type { Database } from "@mister-smith/client";
import { AckPolicy, DeliverPolicy, type StreamInfo } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { beginIncarnation, selectLastIncarnation, selectPosition } from "./flush-statements.ts";
import { identifyStream, type StreamIdentity, type StreamLook } from "./identify-stream.ts";
import type { Position } from "./position.ts";

/** Where to go on, and whether the stream is still the one that was read. */
export interface FoundPosition {
  readonly position: Position;
  readonly identity: StreamIdentity;
  /** The last message that the stream had. */
  readonly lastSequence: number;
}

/** How long one statement may take, in milliseconds. */
const timeoutMs = 10_000;

/** The stored position; undefined before the first. */
export async function readPosition(database: Database): Promise<Position | undefined> {
  const row = await database.write.maybeOne(selectPosition, { timeoutMs });
  if (row === null) return undefined;
  return {
    incarnation: row.incarnation,
    sequence: row.sequence,
    anchorMs: row.anchor_ms ?? undefined,
    createdMs: row.created_ms ?? undefined,
  };
}

/**
 * The position to go on from. When the stream is another one than the one that was read, another incarnation is begun:
 * of a stream that was made anew all is read; of one that lost its end what was stored since the last message that was
 * applied.
 *
 * @throws SyncError when the stream is not there, or somebody else moves the position meanwhile (`LEASE_LOST`)
 */
export async function findPosition(
  database: Database,
  link: NatsLink,
  stream: string,
): Promise<FoundPosition> {
  const stored = await readPosition(database);
  const info = await streamInfo(link, stream);
  const createdMs = Date.parse(info.created);
  const lastSequence = info.state.last_seq;
  const anchor = await lookAtAnchor(link, stream, stored, lastSequence);
  const identity = identifyStream(stored, { createdMs, lastSequence, ...anchor });
  if (identity === "same" && stored !== undefined) return { position: stored, identity, lastSequence };
  const begin =
    identity === "tail lost"
      ? await afterLoss(link, stream, stored?.anchorMs)
      : { sequence: 0, anchorMs: undefined };
  const position: Position = {
    incarnation: (stored?.incarnation ?? (await lastIncarnation(database))) + 1,
    createdMs,
    ...begin,
  };
  const reason = identity === "same" ? "first" : identity;
  const begun = await database.write.oneFirst(beginIncarnation(stream, stored, position, reason), {
    timeoutMs,
  });
  if (!begun)
    throw new SyncError("LEASE_LOST", "somebody else has begun to read the stream", { retryable: true });
  return { position, identity, lastSequence };
}

async function lookAtAnchor(
  link: NatsLink,
  stream: string,
  stored: Position | undefined,
  lastSequence: number,
): Promise<Pick<StreamLook, "anchorMs" | "lastUntilAnchor">> {
  if (stored === undefined || stored.sequence > lastSequence)
    return { anchorMs: undefined, lastUntilAnchor: undefined };
  const anchorMs = await storedAt(link, stream, stored.sequence);
  if (anchorMs !== undefined || stored.anchorMs === undefined)
    return { anchorMs, lastUntilAnchor: undefined };
  return { anchorMs, lastUntilAnchor: await lastUntil(link, stream, stored.anchorMs) };
}

/** What was stored up to the moment of the last message that was applied had been applied before it. */
async function afterLoss(
  link: NatsLink,
  stream: string,
  anchorMs: number | undefined,
): Promise<Pick<Position, "sequence" | "anchorMs">> {
  if (anchorMs === undefined) return { sequence: 0, anchorMs };
  const sequence = await lastUntil(link, stream, anchorMs);
  return { sequence, anchorMs: (await storedAt(link, stream, sequence)) ?? anchorMs };
}

// The row of the position may have been removed, as by whoever wants all to be read again.
async function lastIncarnation(database: Database): Promise<number> {
  return (await database.write.maybeOneFirst(selectLastIncarnation, { timeoutMs })) ?? 0;
}

async function streamInfo(link: NatsLink, stream: string): Promise<StreamInfo> {
  try {
    return await link.manager.streams.info(stream);
  } catch (error) {
    throw asSyncError(error, `look at the stream ${stream}`);
  }
}

async function storedAt(link: NatsLink, stream: string, sequence: number): Promise<number | undefined> {
  if (sequence === 0) return undefined;
  try {
    const message = await link.manager.streams.getMessage(stream, { seq: sequence });
    return message === null ? undefined : message.time.getTime();
  } catch (error) {
    throw asSyncError(error, `read message ${sequence} of ${stream}`);
  }
}

/** The number of the last message that was stored in a millisecond or before it. */
async function lastUntil(link: NatsLink, stream: string, momentMs: number): Promise<number> {
  const next = new Date(momentMs + 1).toISOString();
  try {
    const info = await link.manager.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartTime,
      opt_start_time: next,
      inactive_threshold: nanos(5_000),
      mem_storage: true,
      num_replicas: 1,
    });
    await link.manager.consumers.delete(stream, info.name);
    return info.delivered.stream_seq;
  } catch (error) {
    throw asSyncError(error, `find the messages of ${stream} since ${next}`);
  }
}
