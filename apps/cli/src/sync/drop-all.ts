import type { Database } from "@mister-smith/client";
import { type DroppedDeadLetter, dropDeadLetters } from "@mister-smith/sync";

/** So many are dropped by one statement. */
const atOnce = 1_000;

/**
 * Drops dead letters by the thousand. What is gone when it stops stays so.
 *
 * @param onDropped told how many were looked at so far
 */
export async function dropAll(
  database: Database,
  deadLetterIds: readonly number[],
  signal: AbortSignal,
  onDropped: (looked: number) => void,
): Promise<readonly DroppedDeadLetter[]> {
  const outcomes: DroppedDeadLetter[] = [];
  for (let from = 0; from < deadLetterIds.length; from += atOnce) {
    outcomes.push(...(await dropDeadLetters(database, deadLetterIds.slice(from, from + atOnce), { signal })));
    onDropped(outcomes.length);
  }
  return outcomes;
}
