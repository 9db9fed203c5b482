import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { NatsLink } from "./nats-link.ts";

/** A message that a stream is to store. */
export interface MessageToPublish {
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** The stream leaves out what has the id of a message that it took within its duplicate window. */
  readonly messageId: string;
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Publishes a message, and resolves when a stream has stored it.
 *
 * @throws SyncError `TOPOLOGY` where no stream takes the subject; `NATS_UNREACHABLE`, or `JETSTREAM` when it is not taken
 */
export async function publishMessage(link: NatsLink, message: MessageToPublish): Promise<void> {
  const { subject, bytes, messageId, timeoutMs } = message;
  try {
    await link.js.publish(subject, bytes, { msgID: messageId, timeout: timeoutMs, retries: 0 });
  } catch (error) {
    const failure = asSyncError(error, `publish under ${subject}`);
    if (failure.code !== "CLOSED") await refuseUnknown(link, subject, error);
    throw failure;
  }
}

// Where no stream takes a subject, nobody answers: it looks as if the server were away, or without JetStream.
async function refuseUnknown(link: NatsLink, subject: string, cause: unknown): Promise<void> {
  try {
    await link.manager.streams.find(subject);
  } catch (error) {
    const found = asSyncError(error, `find the stream of ${subject}`);
    if (found.retryable || found.code === "CLOSED") return;
    throw new SyncError("TOPOLOGY", `no stream takes ${subject}`, {
      cause,
      hint: "Add the subject to a stream, as in sync.streams.agentMessages.subjects; then `smith sync topology --apply`.",
    });
  }
}
