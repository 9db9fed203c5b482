import type { SlowStatement } from "@mister-smith/monitoring";

/**
 * What each statement took between two looks, those with the most time first. One that was not seen before, or whose statistics were
 * reset, counts whole.
 *
 * @param before null: all of it counts
 */
export function slowestSince(
  before: readonly SlowStatement[] | null,
  now: readonly SlowStatement[],
): readonly SlowStatement[] {
  const earlier = new Map(before?.map((statement) => [statement.queryId, statement]));
  return now
    .map((statement) => {
      const was = earlier.get(statement.queryId);
      if (was === undefined || was.calls > statement.calls) return statement;
      const calls = statement.calls - was.calls;
      const totalMs = statement.totalMs - was.totalMs;
      return {
        ...statement,
        calls,
        totalMs,
        meanMs: calls === 0 ? 0 : totalMs / calls,
        rows: statement.rows - was.rows,
      };
    })
    .filter(({ calls }) => calls > 0)
    .sort((one, other) => other.totalMs - one.totalMs);
}
