import type { TableWrite } from "./access.ts";
import { columnsOf, type IndexCandidate } from "./candidate.ts";
import type { CatalogueTable } from "./catalogue.ts";
import type { CostSettings } from "./cost-settings.ts";
import { type RecordedSince, shareRecorded } from "./counted-changes.ts";
import type { WorkloadStatement } from "./what-if.ts";

/** What writes pay for indexes. */
export interface WriteCost {
  /** In the units of the planner, for all writes of the workload. */
  readonly cost: number;
  /** Updates that touch no index now and would touch one. */
  readonly lostHot: number;
}

/** How a table is written in the time that the workload is of. */
export interface TableWrites {
  readonly table: CatalogueTable;
  readonly inserted: number;
  readonly updates: readonly { readonly columns: readonly string[]; readonly rows: number }[];
  /** Updates that the statistics count and no statement of the workload explains. */
  readonly otherUpdates: number;
  /** The share of updates that touch no index, from 0 to 1. */
  readonly hotShare: number;
}

/**
 * How each table is written: by the statements of the workload, and by what the table's own statistics count beyond them,
 * such as writes by triggers and functions.
 *
 * @param since since when both are on record; null to go by the statements alone
 */
export function writesOf(
  tables: readonly CatalogueTable[],
  statements: readonly WorkloadStatement[],
  since: RecordedSince | null,
): ReadonlyMap<CatalogueTable, TableWrites> {
  const by = (table: CatalogueTable, kind: TableWrite["kind"]) =>
    statements.flatMap(({ use, rows }) =>
      use.writes
        .filter((one) => one.table === table && one.kind === kind)
        .map(({ columns }) => ({ columns, rows })),
    );
  const sum = (writes: readonly { readonly rows: number }[]) =>
    writes.reduce((all, { rows }) => all + rows, 0);
  return new Map(
    tables.map((table) => {
      const updates = by(table, "update");
      const total = (what: "inserted" | "updated" | "updatedHot") =>
        table.counted.reduce((all, one) => all + one[what], 0);
      const recorded = (what: "inserted" | "updated") =>
        since === null
          ? 0
          : table.counted.reduce((all, one) => all + one[what] * shareRecorded(one, since), 0);
      const updated = total("updated");
      const writes: TableWrites = {
        table,
        inserted: Math.max(sum(by(table, "insert")), recorded("inserted")),
        updates,
        otherUpdates: Math.max(0, recorded("updated") - sum(updates)),
        hotShare: updated === 0 ? 0 : Math.min(1, total("updatedHot") / updated),
      };
      return [table, writes];
    }),
  );
}

/** What the writes of a table pay for all of these candidates together. */
export function writeCostOf(
  { table, inserted, updates, otherUpdates, hotShare }: TableWrites,
  candidates: readonly IndexCandidate[],
  settings: CostSettings,
): WriteCost {
  if (candidates.length === 0) return { cost: 0, lostHot: 0 };
  const columns = candidates.map((one) => ({ one, columns: columnsOf(one), each: entryCost(one, settings) }));
  let cost = 0;
  let lostHot = 0;
  for (const { one, each } of columns) {
    const share = one.predicates.reduce((product, { share }) => product * share, 1);
    cost += inserted * share * each + otherUpdates * (1 - hotShare) * share * each;
  }
  for (const update of updates) {
    const touched = columns.filter((one) => update.columns.some((name) => one.columns.has(name)));
    const becomesCold = touched.length > 0 ? update.rows * hotShare : 0;
    lostHot += becomesCold;
    // A row that moves has a new entry in every index.
    const cold = update.rows * (1 - hotShare) + becomesCold;
    for (const { each } of columns) cost += cold * each;
    const others = table.indexes.length * plainEntryCost(table, settings);
    cost += becomesCold * others;
  }
  return { cost, lostHot };
}

function plainEntryCost(
  { rows }: CatalogueTable,
  { randomPage, cpuOperator, cpuIndexTuple }: CostSettings,
): number {
  // The way down, and a page that must be written and logged: most pages of an index are in memory.
  const height = Math.ceil(Math.log(Math.max(2, rows)) / Math.log(300));
  return (Math.log2(Math.max(2, rows)) + 50 * (height + 1)) * cpuOperator + cpuIndexTuple + randomPage / 4;
}

function entryCost({ method, keys, table }: IndexCandidate, settings: CostSettings): number {
  const plain = plainEntryCost(table, settings);
  if (method === "btree") return plain;
  // A document has many parts; what is put in together is brought in place together, at half the cost.
  const width = keys.flatMap(({ columns }) => columns).reduce((sum, column) => sum + (column.width ?? 64), 0);
  return plain * Math.min(64, Math.max(2, width / 16)) * 0.5;
}
