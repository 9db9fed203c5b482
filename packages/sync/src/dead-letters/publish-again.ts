import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { WholeDeadLetter } from "./dead-letter.ts";

/** The message id of a retry: no other dead letter has it, also of a database that was restored. */
export function retryId({ deadLetterId, createdAt }: Pick<WholeDeadLetter, "deadLetterId" | "createdAt">) {
  return `dead-letter:${deadLetterId}:${createdAt.getTime()}`;
}

/**
 * Publishes a dead letter's bytes and headers under its subject again, with an id of its own.
 *
 * @param expect the last message of the subject, over which it is to be published; 0 for none. Default: any
 * @throws SyncError `REVISION_CONFLICT` when it is another one by now, `JETSTREAM` when it is not taken, `INVALID_INPUT`
 *   when there is nothing to publish, `NATS_UNREACHABLE`
 */
export async function publishAgain(link: NatsLink, letter: WholeDeadLetter, expect?: number): Promise<void> {
  const { deadLetterId, subject, payload } = letter;
  if (subject === null || subject === "")
    throw new SyncError("INVALID_INPUT", `the dead letter ${deadLetterId} has no subject`);
  if (expect === undefined) await refuseUnknownSubject(link, subject);
  try {
    await link.js.publish(subject, payload ?? new Uint8Array(), {
      headers: headersOf(letter),
      ...(expect === undefined ? {} : { expect: { lastSubjectSequence: expect } }),
    });
  } catch (error) {
    throw asSyncError(error, `publish the dead letter ${deadLetterId} under ${subject}`);
  }
}

// Where no stream takes a subject, nobody answers: it would look as if the server were away.
async function refuseUnknownSubject(link: NatsLink, subject: string): Promise<void> {
  try {
    await link.manager.streams.find(subject);
  } catch (error) {
    const failure = asSyncError(error, `find the stream of ${subject}`);
    if (failure.retryable || failure.code === "CLOSED") throw failure;
    throw new SyncError("INVALID_INPUT", `no stream takes ${subject}`, { cause: error });
  }
}

// What the first writer expected of the stream is past, and his id would make a repetition of this.
function headersOf(letter: WholeDeadLetter): MsgHdrs {
  const made = headers();
  for (const [name, value] of Object.entries(letter.headers))
    if (!/^nats-(expected-|msg-id$)/i.test(name)) made.set(name, value);
  made.set("Nats-Msg-Id", retryId(letter));
  return made;
}
