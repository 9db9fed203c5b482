import type { Plan, Row } from "./plan.ts";
import { type TableName, tableNames, tablePlan } from "./tables.ts";

/** The rows of one table by their keys, as {@link rowKey} makes them. */
export type RowsByKey = ReadonlyMap<string, Row>;

/** The key of a row as one text. */
export function rowKey(table: TableName, row: Row): string {
  return JSON.stringify(tablePlan(table).key.map((column) => row[column] ?? null));
}

/** What every table holds of a run once its plan was carried out. */
export function finalRows(plan: Pick<Plan, "beats">): ReadonlyMap<TableName, RowsByKey> {
  const all = new Map<TableName, Map<string, Row>>(tableNames.map((table) => [table, new Map()]));
  for (const write of plan.beats.flatMap((beat) => beat.writes)) {
    const table = write.kind === "put-state" ? "agents.state" : write.table;
    const rows = all.get(table) ?? new Map<string, Row>();
    if (write.kind === "update") {
      const key = rowKey(table, write.key);
      rows.set(key, { ...rows.get(key), ...write.set });
    } else {
      rows.set(rowKey(table, write.row), write.row);
    }
  }
  return all;
}
