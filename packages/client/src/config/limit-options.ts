import { z } from "zod";
import { wholeNumber } from "./whole-number.ts";

const longestMs = 2_147_483_647;
const duration = () => wholeNumber(1, longestMs).optional();
const durationOrNone = () => wholeNumber(0, longestMs).optional();
const preset = "Default: that of `productionPools`.";

/** Sizes and time limits of a pool; what is left out is as in production. */
export const limitOptions = {
  max: wholeNumber(1, 10_000).optional().describe(`The most connections to each server. ${preset}`),
  min: wholeNumber(0, 10_000)
    .optional()
    .describe(
      `Connections that are opened at the start and kept. ${preset} 0 for a pool that is not configured.`,
    ),
  acquireTimeoutMs: duration().describe(
    `How long a caller waits for a connection, in milliseconds. ${preset}`,
  ),
  idleTimeoutMs: durationOrNone().describe(
    `When an unused connection is closed, down to \`min\`, in milliseconds; 0 is never. ${preset}`,
  ),
  maxLifetimeMs: durationOrNone().describe(
    `When a connection is replaced, in milliseconds; 0 is never. ${preset}`,
  ),
  testAfterIdleMs: z
    .union([z.literal(false), wholeNumber(0, longestMs)], "false, or a whole number of milliseconds")
    .optional()
    .describe(
      `A connection that was unused for longer is tested before it is used, in milliseconds; false is never. ${preset}`,
    ),
  connectTimeoutMs: duration().describe(`How long opening a connection may take, in milliseconds. ${preset}`),
  callTimeoutMs: durationOrNone().describe(
    "How long a call may take, waiting for a connection included, in milliseconds; 0 is without limit. " +
      "Default: `acquireTimeoutMs` and `statementTimeoutMs` together.",
  ),
  statementTimeoutMs: durationOrNone().describe(
    `How long the server lets a statement run, in milliseconds; 0 is without limit. ${preset}`,
  ),
  lockTimeoutMs: durationOrNone().describe(
    `How long a statement waits for a lock, in milliseconds; 0 is without limit. ${preset}`,
  ),
  idleInTransactionTimeoutMs: durationOrNone().describe(
    `How long a transaction may do nothing before the server ends it, in milliseconds; 0 is without limit. ${preset}`,
  ),
  closeTimeoutMs: duration().describe(
    `How long closing waits for what runs, in milliseconds; then it is broken off. ${preset}`,
  ),
};
