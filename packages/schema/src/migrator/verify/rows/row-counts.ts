import type { MigratorSession } from "../../session/migrator-session.ts";
import { countTableRows, selectLeaves } from "../sql/rows.ts";

/** How many rows each table holds itself, and which tree of partitions it belongs to. */
export interface LeafCount {
  /** A plain table or a partition; qualified. */
  readonly leaf: string;
  /** The table at the top of its partitions, or itself. */
  readonly root: string;
  readonly rows: number;
}

/** Counts the rows of every table, partition by partition. */
export async function countRows(session: MigratorSession): Promise<readonly LeafCount[]> {
  const counts: LeafCount[] = [];
  for (const { leaf, root } of await session.any(selectLeaves)) {
    counts.push({ leaf, root, rows: (await session.any(countTableRows(leaf)))[0]?.rows ?? 0 });
  }
  return counts;
}

/** Rows of each tree of partitions. */
function byRoot(counts: readonly LeafCount[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { root, rows } of counts) sums.set(root, (sums.get(root) ?? 0) + rows);
  return sums;
}

/** Rows that a table has lost. */
export interface LostRows {
  readonly table: string;
  readonly before: number;
  readonly after: number;
}

/**
 * The tables that are still there and have lost rows, other than those of partitions that went, and as many as
 * the up file had put in itself.
 */
export function lostRows(
  before: readonly LeafCount[],
  after: readonly LeafCount[],
  upBefore: readonly LeafCount[],
  upAfter: readonly LeafCount[],
): readonly LostRows[] {
  const left = new Set(after.map((count) => count.leaf));
  const now = byRoot(after);
  const wasBeforeUp = byRoot(upBefore);
  const wasAfterUp = byRoot(upAfter);
  return [...byRoot(before)].flatMap(([table, rows]) => {
    const remaining = now.get(table);
    if (remaining === undefined) return [];
    const went = before.filter((count) => count.root === table && !left.has(count.leaf));
    const own = Math.max((wasAfterUp.get(table) ?? 0) - (wasBeforeUp.get(table) ?? 0), 0);
    const excused = own + went.reduce((sum, count) => sum + count.rows, 0);
    return remaining < rows - excused ? [{ table, before: rows, after: remaining }] : [];
  });
}
