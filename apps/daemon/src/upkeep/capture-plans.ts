import type { Database } from "@mister-smith/client";
import { createPlanCapture } from "@mister-smith/monitoring";
import type { Log } from "../log.ts";

/** So many statements a round, and for so long, in milliseconds: the flusher may have the same connections. */
const statements = 10;
const roundMs = 5_000;

/**
 * Captures the plans of the statements that took the most time since the last capture, and logs those that changed. Why one cannot be planned is logged where details are asked for.
 *
 * @param questionMs how long a connection may be kept for one statement, in milliseconds
 */
export function planCapturing(
  database: Pick<Database, "transaction">,
  log: Log,
  questionMs: number,
): (signal: AbortSignal) => Promise<void> {
  const capture = createPlanCapture(database, {
    statements,
    timeoutMs: roundMs,
    statementTimeoutMs: questionMs,
  });
  return async (signal) => {
    const { isReset, statements: captured } = await capture.round(signal);
    if (isReset) log.info("the statistics of statements were reset since the last capture of plans");
    for (const one of captured) {
      const { queryId, calls, totalMs, meanMs } = one;
      if (one.outcome === "not explained")
        log.debug({ queryId, reason: one.reason }, "statement not planned");
      if (one.outcome === "changed")
        log.warn(
          { queryId, planId: one.planId, previousId: one.previousId, calls, totalMs, meanMs },
          "a statement is planned otherwise than before",
        );
    }
  };
}
