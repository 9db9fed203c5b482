import { asSyncError } from "../errors/as-sync-error.ts";
import { stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { Ack } from "./acked-writer.ts";
import { messageIdHeader } from "./write-headers.ts";

/** A bucket keeps no more revisions of a key. */
const mostRevisions = 64;

/**
 * Looks for a message by its id among those of its key behind a number; undefined when it is not there, or not kept any
 * more. Some servers look at a condition before they look whether they have the message: to a repeated one whose first
 * sending was stored, and got no answer, they say that the key has moved on.
 */
export async function storedEarlier(
  link: NatsLink,
  subject: string,
  messageId: string,
  after: number,
): Promise<Ack | undefined> {
  let seq = after + 1;
  for (let looked = 0; looked < mostRevisions; looked += 1) {
    try {
      const query = { seq, next_by_subj: subject };
      const found = await link.manager.streams.getMessage(stateStream, query);
      if (found === null) return undefined;
      if (found.header.get(messageIdHeader) === messageId) return { sequence: found.seq, duplicate: true };
      seq = found.seq + 1;
    } catch (error) {
      throw asSyncError(error, `look for the write ${messageId} of ${subject}`);
    }
  }
  return undefined;
}
