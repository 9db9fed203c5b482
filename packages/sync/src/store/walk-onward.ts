import type { StoredMsg } from "@nats-io/jetstream";
import { leavesOut } from "../feed/gap-checks.ts";
import { stateStream } from "../keys/state-subject.ts";
import { firstMessage } from "../nats/first-message.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { inFlight } from "./in-flight.ts";
import { valueRoom } from "./value-room.ts";

/** What of the bucket a walk is to give out. */
export interface Route {
  /** Of which subjects; it may have wildcards. */
  readonly subject: string;
  /** Up to which message. */
  readonly upTo: number;
  /** The last message of each subject alone. */
  readonly lastOnly: boolean;
}

const atOnce = 64;

/**
 * Whether the server left out something of a route between numbers that it gave out. A server of which nothing of that kind is known
 * is not asked.
 *
 * @param seen up to which number all was given out before
 * @param given what was given out since, in order
 * @throws what the client library throws
 */
export async function isLeftOut(
  link: NatsLink,
  route: Route,
  seen: number,
  given: readonly number[],
): Promise<boolean> {
  if (!leavesOut(link.connection.info?.version ?? "")) return false;
  const gaps = given.flatMap((number, index) => {
    const from = (given[index - 1] ?? seen) + 1;
    return from < number ? [{ from, upTo: number - 1 }] : [];
  });
  const find = ({ from, upTo }: { readonly from: number; readonly upTo: number }) =>
    nextOnward(link, { ...route, upTo }, from);
  const found = await inFlight(gaps, atOnce, find, valueRoom(link));
  return found.some((message) => message !== undefined);
}

/**
 * The next message of a route from a number on, asked for by itself: no purge of others disturbs that. Undefined when there is
 * none.
 *
 * @throws what the client library throws
 */
export async function nextOnward(
  link: NatsLink,
  { subject, upTo, lastOnly }: Route,
  from: number,
): Promise<StoredMsg | undefined> {
  for (let next = from; next <= upTo; ) {
    const found = await firstMessage(link, { stream: stateStream, subject, from: next });
    if (found === undefined || found.seq > upTo) return undefined;
    if (!lastOnly || (await isLast(link, found))) return found;
    next = found.seq + 1;
  }
  return undefined;
}

async function isLast({ manager }: NatsLink, { subject, seq }: StoredMsg): Promise<boolean> {
  const last = await manager.streams.getMessage(stateStream, { last_by_subj: subject });
  return last?.seq === seq;
}
