import { classifyJetStreamError } from "@mister-smith/errors";
import { asSyncError } from "../errors/as-sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";

/** The last message of a subject. */
export interface LastMessage {
  readonly sequence: number;
  readonly data: Uint8Array;
  /** The value of a header; empty when it is not there. */
  header(name: string): string;
}

/** Which message, and who may be asked for it. */
export interface LastMessageOptions {
  readonly stream: string;
  readonly subject: string;
  /** Ask the leader of the stream alone: any other replica may be behind. Default: false. */
  readonly fromLeader?: boolean | undefined;
}

/**
 * Reads the last message of a subject; undefined when there is none.
 *
 * @throws SyncError `TOPOLOGY` when the stream is not there, `NATS_UNREACHABLE`
 */
export async function lastMessage(
  link: NatsLink,
  options: LastMessageOptions,
): Promise<LastMessage | undefined> {
  const { stream, subject, fromLeader = false } = options;
  const query = { last_by_subj: subject };
  if (!fromLeader) {
    try {
      const found = await link.manager.direct.getMessage(stream, query);
      return found === null ? undefined : seen(found);
    } catch (error) {
      // A stream that is not there, and one that does not allow this, look the same.
      if (classifyJetStreamError(error) !== "unreachable") throw asSyncError(error, `read ${subject}`);
    }
  }
  try {
    const found = await link.manager.streams.getMessage(stream, query);
    return found === null ? undefined : seen(found);
  } catch (error) {
    throw asSyncError(error, `read ${subject}`);
  }
}

function seen(message: {
  readonly seq: number;
  readonly data: Uint8Array;
  readonly header?: { get(name: string): string };
}): LastMessage {
  return {
    sequence: message.seq,
    data: message.data,
    header: (name) => message.header?.get(name) ?? "",
  };
}
