import type { CountedStatements, StatementCounts } from "../questions/statement-counts.ts";

/** What a statement did between two moments. */
export interface StatementChange {
  readonly queryId: string;
  readonly calls: number;
  readonly totalMs: number;
  readonly meanMs: number;
  readonly rows: number;
  /** Of the blocks it needed, how many were in the server's own cache, from 0 to 1; null where it needed none. */
  readonly hitRatio: number | null;
}

/** What all statements did between two moments, those first that took the most time. */
export interface StatementChanges {
  /** From when on it is counted: the earlier moment, or the reset that came after it. */
  readonly from: Date;
  readonly to: Date;
  /** Whether somebody reset the statistics in between, or a crash did: what was counted before is lost. */
  readonly isReset: boolean;
  /** How often the server forgot statements in between for lack of room; null where it cannot tell. */
  readonly forgotten: number | null;
  readonly statements: readonly StatementChange[];
}

/**
 * The difference between two counts of the same database. One that is less than before was reset by itself, or forgotten and
 * came again: it counts from 0 on. Nothing is ever negative.
 */
export function statementChanges(before: CountedStatements, after: CountedStatements): StatementChanges {
  const isReset = wasReset(before, after);
  const statements = [...after.byQueryId.values()]
    .map((now) => changeOf(isReset ? undefined : before.byQueryId.get(now.queryId), now))
    .filter(({ calls }) => calls > 0)
    .toSorted((a, b) => b.totalMs - a.totalMs || a.queryId.localeCompare(b.queryId));
  const forgotten =
    after.forgotten === null
      ? null
      : isReset
        ? after.forgotten
        : Math.max(0, after.forgotten - (before.forgotten ?? 0));
  const from = isReset && after.resetAt !== null && after.resetAt > before.at ? after.resetAt : before.at;
  return { from, to: after.at, isReset, forgotten, statements };
}

/** Nothing counted yet: everything after it has happened since. */
export function nothingCounted({ at, serverStartedAt, resetAt }: CountedStatements): CountedStatements {
  return { at: resetAt ?? at, serverStartedAt, resetAt, forgotten: 0, byQueryId: new Map() };
}

function wasReset(before: CountedStatements, after: CountedStatements): boolean {
  if (before.resetAt?.getTime() !== after.resetAt?.getTime()) return true;
  if (before.serverStartedAt.getTime() === after.serverStartedAt.getTime()) return false;
  // A server that was stopped has kept them; one that crashed has not.
  const lost = [...before.byQueryId.values()].filter((then) => {
    const now = after.byQueryId.get(then.queryId);
    return now === undefined || isLess(now, then);
  });
  return lost.length > before.byQueryId.size / 2;
}

function changeOf(then: StatementCounts | undefined, now: StatementCounts): StatementChange {
  const base =
    then === undefined || isLess(now, then) ? { calls: 0, totalMs: 0, rows: 0, hit: 0, read: 0 } : then;
  const calls = now.calls - base.calls;
  const totalMs = Math.max(0, now.totalMs - base.totalMs);
  const hit = Math.max(0, now.hit - base.hit);
  const read = Math.max(0, now.read - base.read);
  return {
    queryId: now.queryId,
    calls,
    totalMs,
    meanMs: calls === 0 ? 0 : totalMs / calls,
    rows: Math.max(0, now.rows - base.rows),
    hitRatio: hit + read === 0 ? null : hit / (hit + read),
  };
}

function isLess(now: StatementCounts, then: StatementCounts): boolean {
  return now.calls < then.calls || now.totalMs < then.totalMs;
}
