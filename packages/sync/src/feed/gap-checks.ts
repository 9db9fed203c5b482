import { firstMessage } from "../nats/first-message.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { inFlight } from "../store/in-flight.ts";
import { valueRoom } from "../store/value-room.ts";

/**
 * Looks for messages that a consumer left out. nats-server before 2.9.15 moves the consumers of a stream behind its last
 * message when anybody purges, or rolls up, a single subject: what they had not delivered they never deliver, and say nothing
 * (https://github.com/nats-io/nats-server/pull/3838). With a newer server nothing is asked.
 */
export interface GapChecks {
  /** Numbers that were not delivered: deleted before, or left out. */
  gap(from: number, to: number): void;
  /**
   * Looks at the gaps up to now.
   *
   * @returns the number of a message that was left out
   */
  leftOut(): Promise<number | undefined>;
  /**
   * Nothing comes though it was asked for.
   *
   * @param next the first number that may come
   * @returns the number of a message that should have come: it was there the last time, too
   */
  idle(next: number): Promise<number | undefined>;
}

interface Gap {
  readonly from: number;
  readonly to: number;
}

const fixedIn = [2, 9, 15] as const;
const atOnce = 64;

/** Whether consumers of such a server leave out messages. */
export function leavesOut(version: string): boolean {
  const parts = version.split(/[.-]/).map((part) => Number.parseInt(part, 10));
  const at = fixedIn.findIndex((fixed, index) => (parts[index] ?? 0) !== fixed);
  const fixed = fixedIn[at];
  return fixed !== undefined && (parts[at] ?? 0) < fixed;
}

/** @param subject what the consumer is for; it may have wildcards */
export function gapChecks(link: NatsLink, stream: string, subject: string): GapChecks {
  if (!leavesOut(link.connection.info?.version ?? "")) return noChecks;
  const gaps: Gap[] = [];
  let overdue: number | undefined;
  const first = async (from: number) => (await firstMessage(link, { stream, subject, from }))?.seq;
  return {
    gap: (from, to) => void gaps.push({ from, to }),
    async leftOut() {
      const find = async ({ from, to }: Gap) => {
        const sequence = await first(from);
        return sequence !== undefined && sequence <= to ? sequence : undefined;
      };
      const found = await inFlight(gaps.splice(0), atOnce, find, valueRoom(link));
      return found.find((sequence) => sequence !== undefined);
    },
    async idle(next) {
      const before = overdue;
      overdue = await first(next);
      return overdue === before ? overdue : undefined;
    },
  };
}

const noChecks: GapChecks = {
  gap: () => {},
  leftOut: async () => undefined,
  idle: async () => undefined,
};
