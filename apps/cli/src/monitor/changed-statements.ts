import { setTimeout as wait } from "node:timers/promises";
import {
  type Monitor,
  type SlowStatement,
  type StatementChanges,
  statementChanges,
} from "@mister-smith/monitoring";

/** Which statements are shown, and over what time. */
export interface ChangedBy {
  readonly by: "total" | "mean";
  readonly limit: number;
  readonly overMs: number;
  readonly signal: AbortSignal;
}

/** What statements did during a time, with their texts; null where they are not recorded. */
export async function changedStatements(
  monitor: Monitor,
  { by, limit, overMs, signal }: ChangedBy,
): Promise<
  (Omit<StatementChanges, "statements"> & { readonly statements: readonly SlowStatement[] }) | null
> {
  const before = await monitor.countStatements();
  if (before === null) return null;
  await wait(overMs, undefined, { signal });
  const after = await monitor.countStatements();
  if (after === null) return null;
  const changes = statementChanges(before, after);
  const first = changes.statements
    .toSorted((a, b) => (by === "mean" ? b.meanMs - a.meanMs : b.totalMs - a.totalMs))
    .slice(0, limit);
  const texts = await monitor.statementTexts(first.map(({ queryId }) => queryId));
  // One whose text is gone was forgotten by the server since it was counted.
  const statements = first.map((one) => ({ ...one, text: texts.get(one.queryId) ?? "(forgotten)" }));
  return { ...changes, statements };
}
