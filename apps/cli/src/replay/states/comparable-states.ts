import { type RowsByKey, rowKey } from "../plan/final-rows.ts";
import type { Row } from "../plan/plan.ts";
import { isGone } from "./parts-of-plan.ts";

/**
 * What can be compared of state that went through JetStream: key, value and expiry. Its version and the time of its
 * row are the flusher's, and a value that has expired may be there or not.
 */
export function comparableStates(
  expected: RowsByKey,
  actual: readonly Row[],
  nowMs: number,
): { readonly expected: RowsByKey; readonly actual: readonly Row[] } {
  const gone = new Set([...expected].filter(([, row]) => isGone(row, nowMs)).map(([key]) => key));
  return {
    expected: new Map([...expected].filter(([key]) => !gone.has(key)).map(([key, row]) => [key, asPut(row)])),
    actual: actual.filter((row) => !gone.has(rowKey("agents.state", row))).map(asPut),
  };
}

function asPut({ version: _version, created_at: _createdAt, ...row }: Row): Row {
  return row;
}
