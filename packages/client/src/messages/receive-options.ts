import { z } from "zod";

/** How messages are handed out. */
export interface ReceiveOptions {
  /** The most messages to hand out, 1 to 1,000. Default: 1. */
  readonly limit?: number | undefined;
  /** How long nobody else gets them, in milliseconds by the server's clock. Default: 60,000. */
  readonly leaseMs?: number | undefined;
  /** How often a message is handed out before it is given up as dead. Default: 5. */
  readonly maxAttempts?: number | undefined;
  /** Only messages of this priority or above, 0 to 10. Default: 0. */
  readonly minPriority?: number | undefined;
}

/** The zod schema of {@link ReceiveOptions}. */
export const receiveOptions = z.strictObject({
  limit: z.int().min(1).max(1000).default(1),
  leaseMs: z.number().positive().max(604_800_000).default(60_000),
  maxAttempts: z.int().min(1).max(2_147_483_647).default(5),
  minPriority: z.int().min(0).max(10).default(0),
});
