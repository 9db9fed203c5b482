import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { WalkedMessage } from "./walk-bucket.ts";

/**
 * Removes a message of the bucket, and the earlier ones of its subject. A later one survives. Where the subject has a wildcard,
 * which nats-server may store, the earlier ones of all subjects that it names go, too.
 *
 * @returns how many messages it removed
 * @throws SyncError `JETSTREAM`, `TOPOLOGY`, `NATS_UNREACHABLE`
 */
export async function purgeMessage(
  link: NatsLink,
  { subject, sequence }: Pick<WalkedMessage, "subject" | "sequence">,
): Promise<number> {
  try {
    const { success, purged } = await link.manager.streams.purge(stateStream, {
      filter: subject,
      seq: sequence + 1,
    });
    if (success) return purged;
  } catch (error) {
    throw asSyncError(error, `remove ${subject}`);
  }
  throw new SyncError("JETSTREAM", `the server did not remove ${subject}`);
}
