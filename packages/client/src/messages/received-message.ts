import { timestamp } from "@mister-smith/schema";
import { z } from "zod";
import { messageContent } from "./message.ts";

/** Shows that one has a delivery: what settles it. A {@link ReceivedMessage} is one. */
export interface Receipt {
  readonly deliveryId: string;
  /** Which handing-out it is, from 1. After the lease another gets the next number, and this one counts no more. */
  readonly attempt: number;
}

/** The zod schema of {@link Receipt}; a received message has more, which is left aside. */
export const receipt = z.object({ deliveryId: z.guid(), attempt: z.int().positive().max(2_147_483_647) });

/** The zod schema of {@link ReceivedMessage}. */
export const receivedMessage = messageContent.row.extend({
  deliveryId: z.guid(),
  attempt: z.int(),
  leaseUntil: timestamp,
  expiresAt: timestamp.nullable(),
});
/** A message that was handed out, with the right to settle it until `leaseUntil`. */
export type ReceivedMessage = z.output<typeof receivedMessage>;
