import { originHeader, originPostgres, rowHeader } from "../keys/state-headers.ts";
import { stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { type LastMessage, lastMessage } from "../project/last-message.ts";
import { readRowAge } from "../store/bucket-message.ts";
import { inFlight } from "../store/in-flight.ts";
import { valueRoom } from "../store/value-room.ts";
import { isWrite, type ReadMessage, readWrite, type StateWrite } from "./read-message.ts";

/** So many keys are asked for at once. */
const askedAtOnce = 128;

/**
 * Finds the writes that our own last message of their key follows, and puts its value in their place; a delete leaves nothing of
 * them. We write over nothing that is not flushed: so they were flushed before, and PostgreSQL, where they wait again, has lost
 * that and what our message was made from. Written once more they would look newer than it, and its value would be lost, or
 * the deleted key be back.
 *
 * A row that is there in front of a delete stays: the delete does not say when the row went, and a comparison of both stores decides.
 *
 * It asks the leader of the bucket once for each key of which `follows` says that one of ours may be behind.
 *
 * @throws SyncError `NATS_UNREACHABLE`, `TOPOLOGY`
 */
export async function withOwnThatFollow(
  link: NatsLink,
  messages: readonly ReadMessage[],
  follows: (message: ReadMessage) => boolean,
): Promise<readonly ReadMessage[]> {
  const followed = messages.filter((message) => isWrite(message.write) && follows(message));
  if (followed.length === 0) return messages;
  const subjects = new Set(followed.map(({ subject }) => subject));
  const find = async (subject: string) => {
    const last = await lastMessage(link, { stream: stateStream, subject, fromLeader: true });
    return [subject, last === undefined ? undefined : ownWrite(subject, last)] as const;
  };
  const found = await inFlight([...subjects], askedAtOnce, find, valueRoom(link));
  const own = new Map(found);
  return messages.map((message) => {
    const following = own.get(message.subject);
    const isFollowed =
      isWrite(message.write) && following !== undefined && following.sequence > message.sequence;
    return isFollowed ? { ...message, write: following.write } : message;
  });
}

interface OwnWrite {
  readonly sequence: number;
  /** Undefined where the row was deleted. */
  readonly write: StateWrite | undefined;
}

/** Undefined for what others wrote, for what has expired, and for a value that does not say how new its row was. */
function ownWrite(subject: string, { sequence, data, header }: LastMessage): OwnWrite | undefined {
  if (header(originHeader) !== originPostgres) return undefined;
  const write = readWrite({ subject, data, headers: { get: header } }, Number.POSITIVE_INFINITY);
  if (!isWrite(write)) return undefined;
  if (write.value === null) return { sequence, write: undefined };
  const row = readRowAge(header(rowHeader));
  if (row === undefined) return undefined;
  if (write.expiresAt !== null && Date.parse(write.expiresAt) <= Date.now()) return undefined;
  return { sequence, write: { ...write, row } };
}
