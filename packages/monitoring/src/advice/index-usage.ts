import type { Database } from "@mister-smith/client";
import { conditionsOf } from "./conditions-of.ts";
import { dropStatement } from "./index-statement.ts";
import { judgeUsage, type UsageVerdict, type UsedIndex } from "./judge-usage.ts";
import { type IndexUse, type IndexUses, readIndexUses } from "./read-index-uses.ts";

/** An index, how it is used, and what to do about it. */
export interface IndexUsage extends Pick<UsageVerdict, "verdict" | "by"> {
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  readonly bytes: number;
  /** How often it was used on this server since its statistics began; replicas count for themselves. */
  readonly scans: number;
  /** The statement that takes it away, where nothing speaks against that; null where something does. */
  readonly drop: string | null;
}

/** All indexes of users' tables, with what the server knows of their use. */
export interface IndexUsageReport extends Pick<IndexUses, "since" | "hasReplicas" | "locked" | "isCut"> {
  readonly indexes: readonly IndexUsage[];
}

/**
 * Says of each index whether it is used, repeats another one, or rests under a constraint: those that can go come first, the
 * largest of them before the others. Those that can go may go all together. That of a partitioned table is one with its parts; one
 * that a part has alone stands for itself. Tables that somebody keeps locked are left out, and named.
 *
 * @param unusedAfterDays for how long uses must have been counted until none means something
 * @throws DatabaseError when the server cannot be asked
 */
export async function indexUsage(
  database: Pick<Database, "connect">,
  { unusedAfterDays = 14 }: { readonly unusedAfterDays?: number } = {},
): Promise<IndexUsageReport> {
  const { indexes: rows, countedDays, ...report } = await readIndexUses(database);
  const counted = {
    isLongEnough: countedDays !== null && countedDays >= unusedAfterDays,
    hasReplicas: report.hasReplicas,
  };
  const sums = sumsOf(rows);
  const indexes: IndexUsage[] = [];
  const going = new Set<string>();
  // Whether a part's index stays is decided with that of the whole, which comes first.
  for (const table of tablesOf(rows)) {
    const used = new Map<UsedIndex, IndexUse>();
    for (const row of table) used.set(await usedIndex(row, sums, going), row);
    for (const [one, verdict] of judgeUsage([...used.keys()], counted)) {
      const row = used.get(one);
      if (row === undefined || row.whole !== null) continue;
      if (verdict.canGo) going.add(row.oid);
      indexes.push(usageOf(row, sums.get(row.oid) ?? nothing, verdict));
    }
  }
  const rank = ({ drop }: IndexUsage) => (drop === null ? 1 : 0);
  return {
    ...report,
    indexes: indexes.toSorted(
      (a, b) =>
        rank(a) - rank(b) || b.bytes - a.bytes || (a.index < b.index ? -1 : a.index > b.index ? 1 : 0),
    ),
  };
}

/** The indexes of each table, tables before their parts. */
function tablesOf(rows: readonly IndexUse[]): readonly (readonly IndexUse[])[] {
  const tables = Map.groupBy(rows, ({ tableOid }) => tableOid);
  return [...tables.values()].toSorted(([a], [b]) => (a?.depth ?? 0) - (b?.depth ?? 0));
}

/** What an index and its parts have together. */
interface UseSum {
  readonly scans: number;
  readonly bytes: number;
}

const nothing: UseSum = { scans: 0, bytes: 0 };

function sumsOf(rows: readonly IndexUse[]): ReadonlyMap<string, UseSum> {
  const sums = new Map<string, UseSum>();
  for (const { oid, whole, scans, bytes } of rows) {
    const sum = sums.get(whole ?? oid) ?? nothing;
    sums.set(whole ?? oid, { scans: sum.scans + scans, bytes: sum.bytes + bytes });
  }
  return sums;
}

async function usedIndex(
  row: IndexUse,
  sums: ReadonlyMap<string, UseSum>,
  going: ReadonlySet<string>,
): Promise<UsedIndex> {
  return {
    ...row,
    predicates: row.predicate === null ? [] : await conditionsOf(row.predicate),
    scans: row.whole === null ? (sums.get(row.oid) ?? nothing).scans : row.scans,
    goesWithWhole: row.whole === null ? null : going.has(row.whole),
  };
}

function usageOf(row: IndexUse, { scans, bytes }: UseSum, { verdict, by, canGo }: UsageVerdict): IndexUsage {
  const { schema, table, name: index, isPartitioned } = row;
  const drop = canGo ? dropStatement(schema, index, isPartitioned) : null;
  return { schema, table, index, bytes, scans, verdict, by, drop };
}
