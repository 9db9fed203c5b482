import { readStateSubject } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { isLive } from "../store/bucket-message.ts";
import { walkBucket } from "../store/walk-bucket.ts";
import type { ReadMessage } from "./read-message.ts";

/** Which of our own messages wait behind a position. */
export interface OwnAhead {
  /** The last message that was looked at: what is behind it was stored since. */
  readonly upTo: number;
  /** Whether one of ours comes behind this message, under its key. */
  follows(message: ReadMessage): boolean;
}

/** What is looked at. */
export interface OwnAheadOptions {
  readonly after: number;
  readonly upTo: number;
  readonly signal: AbortSignal;
  /** With more keys than this each is taken to be followed, and looked up when its turn comes. Default: 100000. */
  readonly mostRemembered?: number | undefined;
  /** Hears that it goes on. */
  readonly onProgress: () => void;
}

const batch = 2_000;

/**
 * Reads the headers of what waits for the flusher, and remembers the keys that we wrote from PostgreSQL. There are few of them, as
 * a rule none.
 *
 * @throws SyncError `TOPOLOGY`, `NATS_UNREACHABLE`, `ABORTED`
 */
export async function findOwnAhead(link: NatsLink, options: OwnAheadOptions): Promise<OwnAhead> {
  const { after, upTo, signal, mostRemembered = 100_000, onProgress } = options;
  if (after >= upTo) return { upTo, follows: () => false };
  const last = new Map<string, number>();
  for await (const messages of walkBucket(link, { after, headersOnly: true, batch, signal })) {
    onProgress();
    for (const message of messages) {
      const { subject, sequence, isFromPostgres, isDelete, fromRow } = message;
      if (!isFromPostgres || !(isDelete || (fromRow !== undefined && isLive(message)))) continue;
      if (typeof readStateSubject(subject) !== "string") last.set(subject, sequence);
    }
    if (last.size > mostRemembered) return { upTo, follows: () => true };
  }
  return { upTo, follows: ({ subject, sequence }) => (last.get(subject) ?? 0) > sequence };
}
