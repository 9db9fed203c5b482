import { asSyncError } from "../errors/as-sync-error.ts";
import { stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { readBucket } from "./bucket-message.ts";
import type { DirectMessage, DirectReader } from "./direct-reader.ts";
import { messageIdHeader } from "./write-headers.ts";

/** A write that JetStream acknowledged. */
export interface AckedWrite {
  readonly subject: string;
  readonly messageId: string;
  /** Its number in the bucket. */
  readonly sequence: number;
}

/** A message by which a write is known to be in the bucket: itself, or the last one of its key. */
export interface WriteWitness {
  readonly sequence: number;
  /** In milliseconds since 1970. */
  readonly storedAtMs: number;
  readonly isItself: boolean;
}

/**
 * Looks whether the bucket still has a write under its number, or a later one of its key, where it keeps no more of them.
 * Undefined: the number is another's, or nobody's. So it is when the bucket has lost its end and gives the numbers out
 * again; the number alone tells nothing.
 *
 * @throws SyncError `NATS_UNREACHABLE`, `TOPOLOGY`
 */
export async function lookAtWrite(
  link: NatsLink,
  reader: DirectReader,
  write: AckedWrite,
): Promise<WriteWitness | undefined> {
  const found = (await reader.read(write.sequence)) ?? (await fromLeader(link, write.sequence));
  if (found !== undefined) {
    if (found.headers.get(messageIdHeader) !== write.messageId) return undefined;
    return { sequence: found.sequence, storedAtMs: found.storedAtMs, isItself: true };
  }
  const last = await readBucket(link, write.subject, { fromLeader: true });
  // A row that was brought in may be older than the write.
  if (last === undefined || last.isFromPostgres || last.sequence < write.sequence) return undefined;
  return { sequence: last.sequence, storedAtMs: last.storedAtMs, isItself: false };
}

/** A replica that is behind does not have it yet, and a stream may not allow others than its leader to be asked. */
async function fromLeader(link: NatsLink, seq: number): Promise<DirectMessage | undefined> {
  try {
    const found = await link.manager.streams.getMessage(stateStream, { seq });
    if (found === null) return undefined;
    return { sequence: found.seq, storedAtMs: found.time.getTime(), headers: found.header };
  } catch (error) {
    throw asSyncError(error, `read message ${seq} of ${stateStream}`);
  }
}
