import type { ExecutedStatement } from "./statements-on-table.ts";

/** How a statement fares since an index was built. */
export interface WatchedStatement {
  readonly queryId: string;
  readonly text: string;
  /** Calls since the index was built. */
  readonly calls: number;
  /** How long one took before and takes since, in milliseconds; null where there was none. */
  readonly meanBeforeMs: number | null;
  readonly meanSinceMs: number | null;
  readonly verdict: "better" | "same" | "worse" | "too early" | "not comparable";
}

/** What is held to be a difference. */
export interface WatchBounds {
  /** Fewer calls say nothing. */
  readonly minCalls: number;
  /** By which part a mean must change, from 0 up. */
  readonly change: number;
}

/** How an index fares: what its table's statements took before it and take since. */
export interface IndexVerdict {
  /**
   * `worse`: all its statements together take longer by more than the bound, so that it should be reverted; `too early`: none was
   * executed often enough; `not comparable`: it is not known what they took before; `gone`: the index is not there.
   */
  readonly verdict: "better" | "same" | "worse" | "too early" | "not comparable" | "gone";
  readonly statements: readonly WatchedStatement[];
}

/**
 * Judges an index by its statements: each against itself, and all together by the time that they take since.
 *
 * @param beganAnew whether counting began anew since the index was built: then all that is counted is from after that
 */
export function judgeIndex(
  before: Readonly<Record<string, ExecutedStatement>>,
  now: Readonly<Record<string, ExecutedStatement>>,
  { minCalls, change }: WatchBounds,
  beganAnew: boolean,
): IndexVerdict {
  const statements: WatchedStatement[] = [];
  let expectedMs = 0;
  let tookMs = 0;
  for (const [queryId, then] of Object.entries(before)) {
    const { text } = then;
    const since = countedSince(then, now[queryId], beganAnew);
    const meanBeforeMs = then.calls === 0 ? null : then.totalMs / then.calls;
    const meanSinceMs = since.calls === 0 ? null : since.totalMs / since.calls;
    const verdict = verdictOf(meanBeforeMs, meanSinceMs, since.calls, { minCalls, change });
    statements.push({ queryId, text, calls: since.calls, meanBeforeMs, meanSinceMs, verdict });
    if (verdict === "too early" || verdict === "not comparable" || meanBeforeMs === null) continue;
    expectedMs += meanBeforeMs * since.calls;
    tookMs += since.totalMs;
  }
  if (statements.every(({ meanBeforeMs }) => meanBeforeMs === null))
    return { verdict: "not comparable", statements };
  const verdict = expectedMs === 0 ? "too early" : compared(expectedMs, tookMs, change);
  return { verdict, statements: statements.toSorted(worstFirst) };
}

function countedSince(
  then: ExecutedStatement,
  now: ExecutedStatement | undefined,
  beganAnew: boolean,
): Pick<ExecutedStatement, "calls" | "totalMs"> {
  if (now === undefined) return { calls: 0, totalMs: 0 };
  // Less than there was: that statement's counting began anew.
  if (beganAnew || now.calls < then.calls || now.totalMs < then.totalMs) return now;
  return { calls: now.calls - then.calls, totalMs: now.totalMs - then.totalMs };
}

function verdictOf(
  before: number | null,
  since: number | null,
  calls: number,
  { minCalls, change }: WatchBounds,
): WatchedStatement["verdict"] {
  if (before === null) return "not comparable";
  if (since === null || calls < minCalls) return "too early";
  return compared(before, since, change);
}

function compared(before: number, since: number, change: number): "better" | "same" | "worse" {
  if (since > before * (1 + change)) return "worse";
  return since < before / (1 + change) ? "better" : "same";
}

const weight = ({ meanBeforeMs, meanSinceMs, calls }: WatchedStatement) =>
  ((meanSinceMs ?? 0) - (meanBeforeMs ?? 0)) * calls;
const worstFirst = (a: WatchedStatement, b: WatchedStatement) =>
  weight(b) - weight(a) || (a.queryId < b.queryId ? -1 : 1);
