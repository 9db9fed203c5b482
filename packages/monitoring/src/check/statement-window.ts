import { mostTimes, type StatementTime } from "../questions/statement-times.ts";
import type { PartValue } from "../scopes/part-values.ts";

/** How long the slowest statement took on average. */
export interface SlowestStatements {
  /** Of each role in each database that executed one, in milliseconds. */
  readonly values: readonly PartValue[];
  /** Whether that is since the statistics began: nobody has looked before. */
  readonly isFromStart: boolean;
}

/** Keeps what was counted of statements, so that their times are those of late. */
export interface StatementWindow {
  /**
   * How long statements took lately; null where they are not recorded. What is asked for at one time is read once.
   *
   * @param atMs a time of a clock that is never put back, in milliseconds
   */
  slowest(
    read: () => Promise<readonly StatementTime[] | null>,
    atMs: number,
  ): Promise<SlowestStatements | null>;
}

interface Counted {
  readonly atMs: number;
  readonly times: ReadonlyMap<string, StatementTime>;
}

/** What a statement did longer ago is not how long it takes now, in milliseconds. */
const longestMs = 900_000;
/** So many counts are kept of a window: each may be of thousands of statements. */
const mostKept = 5;

/** Keeps the counts of the last `windowMs`, of a quarter of an hour at most, and one that is older. */
export function createStatementWindow(windowMs: number): StatementWindow {
  const keepMs = Math.min(windowMs, longestMs);
  let kept: readonly Counted[] = [];
  let last: { readonly atMs: number; readonly found: Promise<SlowestStatements | null> } | undefined;
  return {
    slowest: (read, atMs) => {
      if (last?.atMs !== atMs) last = { atMs, found: look(read, atMs) };
      return last.found;
    },
  };

  async function look(read: () => Promise<readonly StatementTime[] | null>, atMs: number) {
    const times = await read();
    if (times === null) return null;
    const now: Counted = { atMs, times: new Map(times.map((one) => [keyOf(one), one])) };
    const oldest = kept.findLastIndex((one) => atMs - one.atMs >= keepMs);
    kept = kept.slice(Math.max(0, oldest));
    const [before] = kept;
    const newest = kept.at(-1);
    if (newest === undefined || atMs - newest.atMs >= keepMs / mostKept) kept = [...kept, now];
    return { values: slowestBetween(before, now), isFromStart: before === undefined };
  }
}

/** How long the slowest statement of each role in each database took between two counts, on average. */
function slowestBetween(before: Counted | undefined, now: Counted): readonly PartValue[] {
  const worst = new Map<string, PartValue>();
  for (const [key, { database, role, calls, totalMs }] of now.times) {
    const base = baseOf(before, key, calls);
    if (base === null || calls <= base.calls) continue;
    const value = Math.max(0, totalMs - base.totalMs) / (calls - base.calls);
    const of = JSON.stringify([database, role]);
    if (value >= (worst.get(of)?.value ?? 0)) worst.set(of, { database, role, value });
  }
  return [...worst.values()];
}

const none = { calls: 0, totalMs: 0 };

function baseOf(before: Counted | undefined, key: string, calls: number) {
  const then = before?.times.get(key);
  // One that is less than before was reset, or forgotten and came again.
  if (then !== undefined) return calls < then.calls ? none : then;
  // One that is new began meanwhile, unless there were more than were read.
  return before !== undefined && before.times.size >= mostTimes ? null : none;
}

function keyOf({ database, role, queryId }: StatementTime): string {
  return JSON.stringify([database, role, queryId]);
}
