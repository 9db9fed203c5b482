import type { NatsLink } from "../nats/nats-link.ts";

const mebibyte = 1_048_576;
/** How many bytes of values may be on the way at once, as far as what came before tells. */
const usual = 8 * mebibyte;
/** How many could be at most: the server closes a connection that has 64 MiB before it. */
const utmost = 32 * mebibyte;
/** What a value weighs beside its bytes: subject, headers. */
const rest = 1_024;
/** The leader of a stream, when it is asked for a message, answers in base64. */
const inBase64 = 4 / 3;

/** Takes note of what values weigh, to tell how many fit. */
export interface ValueWeights {
  /** How many values have so many bytes together, if they weigh what those of late did; at least 1. */
  within(bytes: number): number;
  /** Notes the bytes of a value. */
  weigh(bytes: number): void;
}

/** At the beginning each is taken for as heavy as a message may be; light ones make it believe in light ones little by little. */
export function valueWeights(link: NatsLink): ValueWeights {
  let heavy = largestAnswer(link);
  return {
    within: (bytes) => Math.max(1, Math.floor(bytes / heavy)),
    weigh(bytes) {
      heavy = Math.max(bytes * inBase64 + rest, (heavy * 7) / 8);
    },
  };
}

/** Lets values be read while there is room for them on a connection. */
export interface ValueRoom {
  /** How many there is room for where nobody else reads; at least 1. */
  readonly most: number;
  /** Resolves when one more may be read; the caller calls `leave` when it is. */
  enter(): Promise<void>;
  leave(): void;
  weigh(bytes: number): void;
}

const rooms = new WeakMap<NatsLink, ValueRoom>();

/**
 * The room that all who read many values over a connection share: as many at once as have 8 MiB together by what values turn out
 * to weigh, and never so many that these could have more than 32 MiB, but one always.
 */
export function valueRoom(link: NatsLink): ValueRoom {
  const before = rooms.get(link);
  if (before !== undefined) return before;
  const weights = valueWeights(link);
  const waiting: (() => void)[] = [];
  let inside = 0;
  const room: ValueRoom = {
    get most() {
      return Math.max(1, Math.min(weights.within(usual), Math.floor(utmost / largestAnswer(link))));
    },
    enter() {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      admit();
      return promise;
    },
    leave() {
      inside -= 1;
      admit();
    },
    weigh: (bytes) => weights.weigh(bytes),
  };
  rooms.set(link, room);
  return room;

  function admit(): void {
    while (waiting.length > 0 && inside < room.most) {
      inside += 1;
      waiting.shift()?.();
    }
  }
}

function largestAnswer({ connection }: NatsLink): number {
  return (connection.info?.max_payload ?? mebibyte) * inBase64;
}
