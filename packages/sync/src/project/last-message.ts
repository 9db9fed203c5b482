import { asSyncError } from "../errors/as-sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { valueRoom } from "../store/value-room.ts";

/** The last message of a subject. */
export interface LastMessage {
  readonly sequence: number;
  /** When the server stored it, in milliseconds since 1970. */
  readonly storedAtMs: number;
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
  try {
    const direct = !fromLeader && (await allowsDirect(link, stream));
    const found = await (direct
      ? link.manager.direct.getMessage(stream, query)
      : link.manager.streams.getMessage(stream, query));
    valueRoom(link).weigh(found?.data.length ?? 0);
    return found === null ? undefined : seen(found);
  } catch (error) {
    known.get(link)?.delete(stream);
    throw asSyncError(error, `read ${subject}`);
  }
}

const known = new WeakMap<NatsLink, Map<string, boolean>>();

/**
 * Whether every replica of a stream answers for it. Asked once: a stream that is not there, or does not allow this,
 * would not answer at all, and the question would take its whole time.
 */
async function allowsDirect(link: NatsLink, stream: string): Promise<boolean> {
  const ofLink = known.get(link) ?? new Map<string, boolean>();
  known.set(link, ofLink);
  const before = ofLink.get(stream);
  if (before !== undefined) return before;
  const { config } = await link.manager.streams.info(stream);
  ofLink.set(stream, config.allow_direct);
  return config.allow_direct;
}

function seen(message: {
  readonly seq: number;
  readonly time: Date;
  readonly data: Uint8Array;
  readonly header?: { get(name: string): string };
}): LastMessage {
  return {
    sequence: message.seq,
    storedAtMs: message.time.getTime(),
    data: message.data,
    header: (name) => message.header?.get(name) ?? "",
  };
}
