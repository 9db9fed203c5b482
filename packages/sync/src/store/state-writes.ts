import { setTimeout as pause } from "node:timers/promises";
import type { StateKey } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { Ack, AckedWriter } from "./acked-writer.ts";
import { isLive, readBucket } from "./bucket-message.ts";
import type { Call } from "./call.ts";
import { type ValueLimits, valueBytes } from "./check-write.ts";
import type { MergeState } from "./state-entry.ts";
import type { StateReads } from "./state-reads.ts";
import { storedState } from "./stored-state.ts";
import { conflictError, writeState } from "./write-state.ts";

/** A write that has been checked. */
export interface CheckedWrite extends Call {
  readonly key: StateKey;
  readonly subject: string;
  /** Names it to its caller. */
  readonly writeId: string;
  /** Names it to JetStream. */
  readonly messageId: string;
  /** Whether the caller gave the id, and so may be repeating a write. */
  readonly mayBeRepeated: boolean;
  readonly expiresAt: string | undefined;
  readonly durable: boolean;
  /** Which life of the stream was known when it began; for durable writes. */
  readonly life: number;
}

/** Writes keys by their strategies. */
export interface StateWrites {
  /** Whatever is there. */
  over(write: CheckedWrite, data: Uint8Array | undefined): Promise<Ack>;
  /** Over one revision; 0 for no value. */
  overRevision(write: CheckedWrite, data: Uint8Array | undefined, expected: number): Promise<Ack>;
  /** Merged with what is there. */
  merged(write: CheckedWrite, given: unknown, merge: MergeState<unknown>): Promise<Ack>;
}

/** What nobody's last message is: with it, only a write that is stored already is answered for. */
const never = Number.MAX_SAFE_INTEGER;
/** How often a write over nothing looks again when only deletes and evictions get in between. */
const mostLooks = 10;

export function stateWrites(
  link: NatsLink,
  writer: AckedWriter,
  reads: StateReads,
  limits: ValueLimits,
  maxMergeAttempts: number,
): StateWrites {
  const attempt = (write: CheckedWrite, data: Uint8Array | undefined, expected: number | undefined) =>
    writeState(link, writer, {
      subject: write.subject,
      data,
      writeId: write.writeId,
      messageId: write.messageId,
      expiresAt: write.expiresAt,
      expected,
      deadline: write.deadline,
      signal: write.signal,
      mayBeRepeated: write.mayBeRepeated,
    });

  return {
    async over(write, data) {
      const ack = await attempt(write, data, undefined);
      // Without a condition there is no conflict.
      return ack as Ack;
    },

    async overRevision(write, data, expected) {
      if (expected === 0) return await overNothing(write, data);
      const ack = await attempt(write, data, expected);
      if (ack !== "conflict") return ack;
      const now = await readBucket(link, write.subject, { ...write, fromLeader: true });
      throw conflictError(write.subject, expected, now !== undefined && isLive(now) ? now.sequence : 0);
    },

    async merged(write, given, merge) {
      for (let tried = 1; ; tried += 1) {
        const now = await reads.current(write.key, write.subject, write, tried > 1);
        const value =
          now !== undefined && isLive(now) ? storedState(write.key, now, limits).value : undefined;
        const data = valueBytes(write.key.stateKey, await merge(value, given), limits);
        const expected = now?.sequence ?? 0;
        const ack = await attempt(write, data, expected);
        if (ack !== "conflict") return ack;
        if (tried >= maxMergeAttempts) {
          const last = await readBucket(link, write.subject, { ...write, fromLeader: true });
          throw conflictError(write.subject, expected, last?.sequence ?? 0);
        }
        // Of many who merge the same key one gets ahead in each round: they should not all come at once again.
        if (tried > 1) await pause(Math.random() * Math.min(50, 2 ** tried));
      }
    },
  };

  /** There is no value where there is no message, no row that could be brought in, or a delete, or one that has expired. */
  async function overNothing(write: CheckedWrite, data: Uint8Array | undefined): Promise<Ack> {
    for (let looks = 0; ; looks += 1) {
      const now = await reads.current(write.key, write.subject, write, looks > 0);
      if ((now !== undefined && isLive(now)) || looks >= mostLooks) {
        // It may be our own, of the time before.
        const earlier = write.mayBeRepeated ? await attempt(write, data, never) : "conflict";
        if (earlier !== "conflict") return earlier;
        throw conflictError(write.subject, 0, now?.sequence ?? 0);
      }
      const ack = await attempt(write, data, now?.sequence ?? 0);
      if (ack !== "conflict") return ack;
    }
  }
}
