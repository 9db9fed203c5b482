import { asSyncError } from "../errors/as-sync-error.ts";
import type { AgentLives } from "../flush/agent-lives.ts";
import { readPosition } from "../flush/find-position.ts";
import type { Position } from "../flush/position.ts";
import type { BothStores } from "../hydrate/hydrate.ts";
import { stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { inFlight } from "../store/in-flight.ts";
import { purgeMessage } from "../store/purge-message.ts";
import { type WalkedMessage, walkBucket } from "../store/walk-bucket.ts";
import { tellGone, tellIdle } from "./idle-agents.ts";
import { withoutLastCopies } from "./last-copies.ts";

/** What leaves the bucket. */
export interface EvictOptions {
  /** How long a key stays after its last write, in milliseconds. Default: 1800000, half an hour. */
  readonly ttlMs?: number | undefined;
  /** How many keys are removed at once. Default: 64. */
  readonly concurrency?: number | undefined;
  /** Where the lives of agents are followed, for two small requests more an agent. Default: nowhere. */
  readonly lives?: AgentLives | undefined;
  /** Ends it between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** What was removed. */
export interface Evicted {
  /** Keys that left the bucket, deleted ones included. */
  readonly keys: number;
  /** Messages of these keys, earlier revisions included. */
  readonly messages: number;
  /**
   * Keys that stay though they are old enough: they came from a row that PostgreSQL does not have any more, or has as it was
   * before. They may be the last copy of it, and a comparison of both stores names them.
   */
  readonly spared: number;
  /**
   * Why it ended: every key that is left was written too lately (`young`); old enough, but not flushed yet (`unflushed`);
   * nothing is flushed of this life of the bucket (`unknown`); or there was nothing more (`all`).
   */
  readonly until: "all" | "young" | "unflushed" | "unknown";
}

/**
 * Removes from the bucket what PostgreSQL has and what nobody has written for a while, deletes included. A write that
 * comes meanwhile survives: a key is removed up to the revision that is flushed, and no further. What came from a row that
 * PostgreSQL has lost since stays.
 *
 * What is flushed is told by the stored position, its time included: a bucket that was made anew, or has lost its end, gives
 * its numbers out again, and what has such a number has a later time.
 *
 * @throws SyncError `TOPOLOGY`, `NATS_UNREACHABLE`, `ABORTED`; what the database throws. What was not removed is the next time
 */
export async function evictOnce(
  { database, link }: BothStores,
  options: EvictOptions = {},
): Promise<Evicted> {
  const { ttlMs = 1_800_000, concurrency = 64, lives, signal } = options;
  const position = await readPosition(database);
  let keys = 0;
  let messages = 0;
  let spared = 0;
  if (position === undefined || !(await isOf(link, position)))
    return { keys, messages, spared, until: "unknown" };
  const bounds = { position, before: Date.now() - ttlMs };
  for await (const batch of walkBucket(link, { headersOnly: true, batch: 512, signal })) {
    const last = batch.findIndex((message) => reasonToStay(message, bounds) !== undefined);
    const old = last === -1 ? batch : batch.slice(0, last);
    const leaving = await withoutLastCopies(database, old, signal);
    spared += old.length - leaving.length;
    for (let from = 0; from < leaving.length; from += concurrency) {
      // Looked at often: numbers of another life of the bucket would be other messages.
      if (!(await isOf(link, position))) return { keys, messages, spared, until: "unknown" };
      const group = leaving.slice(from, from + concurrency);
      const idle = lives === undefined ? [] : await tellIdle(link, lives, group);
      const purged = await inFlight(group, concurrency, (message) => purgeMessage(link, message));
      if (lives !== undefined) await tellGone(link, lives, idle);
      keys += purged.filter((count) => count > 0).length;
      messages += purged.reduce((sum, count) => sum + count, 0);
    }
    const staying = batch[last];
    if (staying !== undefined)
      return { keys, messages, spared, until: reasonToStay(staying, bounds) ?? "all" };
  }
  return { keys, messages, spared, until: "all" };
}

/** They come in the order of their numbers, and so of their times: behind the first that stays all stay. */
function reasonToStay(
  { sequence, storedAtMs }: WalkedMessage,
  { position, before }: { readonly position: Position; readonly before: number },
): "young" | "unflushed" | undefined {
  if (storedAtMs > before) return "young";
  const flushed =
    sequence <= position.sequence && position.anchorMs !== undefined && storedAtMs <= position.anchorMs;
  return flushed ? undefined : "unflushed";
}

async function isOf(link: NatsLink, position: Position): Promise<boolean> {
  try {
    const { created, state } = await link.manager.streams.info(stateStream);
    return Date.parse(created) === position.createdMs && state.last_seq >= position.sequence;
  } catch (error) {
    throw asSyncError(error, `look at ${stateStream}`);
  }
}
