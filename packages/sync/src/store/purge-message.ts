import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { stateStream } from "../keys/state-subject.ts";
import { firstMessage } from "../nats/first-message.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { WalkedMessage } from "./walk-bucket.ts";

type Purged = Pick<WalkedMessage, "subject" | "sequence">;

/** A subject with a wildcard as one of its tokens, which nats-server may store. */
const wildcard = /(^|\.)[*>](\.|$)/;

/** Whether a subject is a pattern, too, so that a purge of it would remove what is under other subjects. */
export function hasWildcard(subject: string): boolean {
  return wildcard.test(subject);
}

/**
 * Removes a message of the bucket, and the earlier ones of its subject. A later one survives. Where the subject has a wildcard, it
 * stays as long as there is an earlier message of another subject that it names: that would go with it.
 *
 * @returns how many messages it removed
 * @throws SyncError `JETSTREAM`, `TOPOLOGY`, `NATS_UNREACHABLE`
 */
export async function purgeMessage(link: NatsLink, message: Purged): Promise<number> {
  const { subject } = message;
  try {
    return hasWildcard(subject) ? await purgeAlone(link, message) : await purgeUpTo(link, message);
  } catch (error) {
    throw asSyncError(error, `remove ${subject}`);
  }
}

async function purgeUpTo({ manager }: NatsLink, { subject, sequence }: Purged): Promise<number> {
  const { success, purged } = await manager.streams.purge(stateStream, {
    filter: subject,
    seq: sequence + 1,
  });
  if (!success) throw new SyncError("JETSTREAM", `the server did not remove ${subject}`);
  return purged;
}

/** What comes later has a higher number: where nothing else is named up to this one, nothing else is removed. */
async function purgeAlone(link: NatsLink, message: Purged): Promise<number> {
  const { subject, sequence } = message;
  for (let from = 1; from <= sequence; ) {
    const first = await firstMessage(link, { stream: stateStream, subject, from });
    if (first === undefined || first.seq > sequence) break;
    if (first.subject !== subject) return 0;
    from = first.seq + 1;
  }
  return await purgeUpTo(link, message);
}
