import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { checkOutgoing } from "./check-outgoing.ts";
import type { OutgoingMessage } from "./outgoing.ts";
import { checkCount, type SentMessage, sendMessages } from "./send-messages.ts";

/** Sends messages of any kind in one round trip: all, or none. See `Messages.sendMany`. */
export async function sendMany(
  on: Executor,
  inputs: readonly OutgoingMessage[],
  options?: QueryOptions,
): Promise<readonly SentMessage[]> {
  checkCount(inputs);
  const messages = inputs.map((input, position) => checkOutgoing(input, `message ${position}`));
  return await sendMessages(on, messages, (position) => `message ${position}`, options);
}
