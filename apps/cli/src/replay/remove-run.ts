import type { Database } from "@mister-smith/client";
import { finalRows } from "./plan/final-rows.ts";
import type { Plan } from "./plan/plan.ts";
import { tableNames } from "./plan/tables.ts";
import { deleteRows } from "./sql/run-rows.ts";

/** Takes every row of a run away again, in one transaction; rows that are not there do not matter. */
export async function removeRun(database: Database, plan: Plan): Promise<void> {
  const rows = finalRows(plan);
  await database.transaction(async (transaction) => {
    for (const table of tableNames.toReversed()) {
      const keys = [...(rows.get(table)?.values() ?? [])];
      if (keys.length > 0) await transaction.write.query(deleteRows(table, keys));
    }
  });
}
