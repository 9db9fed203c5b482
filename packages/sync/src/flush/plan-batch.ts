import type { FeedMessage } from "../feed/feed-message.ts";
import type { ParkedWrite } from "./parked-write.ts";
import type { ReadMessage, StateWrite } from "./read-message.ts";

/** The last write of one key in a batch. */
export interface PlannedWrite extends StateWrite {
  /** How many writes of the key it stands for. */
  readonly writes: number;
  readonly message: FeedMessage;
  /** The write of the key before it in the batch, which it supersedes. */
  readonly before?: PlannedWrite | undefined;
}

/** What is to be done for a batch of messages. */
export interface BatchPlan {
  /** One a key, the last write of each. */
  readonly writes: readonly PlannedWrite[];
  readonly parked: readonly ParkedWrite[];
}

/** Keeps of the messages the last write of each key, beside what is put aside. */
export function planBatch(messages: readonly ReadMessage[]): BatchPlan {
  const last = new Map<string, PlannedWrite>();
  const parked: ParkedWrite[] = [];
  for (const message of messages) {
    const { write, subject } = message;
    if (write === undefined) continue;
    const before = last.get(subject);
    if ("reasonCode" in write) parked.push({ ...write, message });
    else last.set(subject, { ...write, writes: (before?.writes ?? 0) + 1, message, before });
  }
  return { writes: [...last.values()], parked };
}
