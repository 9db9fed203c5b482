import type { TableShape } from "../sql/tables.ts";

/** Puts a table after the ones it refers to; where they refer to each other in a ring, somewhere in it. */
export function fillOrder(tables: readonly TableShape[]): readonly TableShape[] {
  const byName = new Map(tables.map((table) => [table.table, table]));
  const ordered = new Set<TableShape>();
  const entered = new Set<TableShape>();
  const visit = (table: TableShape) => {
    if (entered.has(table)) return;
    entered.add(table);
    for (const key of table.foreignKeys) {
      const parent = byName.get(key.table);
      if (parent !== undefined) visit(parent);
    }
    ordered.add(table);
  };
  for (const table of tables) visit(table);
  return [...ordered];
}
