import type { Database } from "@mister-smith/client";
import { compareRows, type Difference } from "./compare-rows.ts";
import { finalRows } from "./plan/final-rows.ts";
import type { Plan } from "./plan/plan.ts";
import { type TableName, tableNames } from "./plan/tables.ts";
import { rowsOfRun } from "./sql/run-rows.ts";
import type { StatementTimes } from "./statement-times.ts";

/** What reading a run back gave. */
export interface Verification {
  /** How many rows of each table are as the input says. */
  readonly matching: Readonly<Partial<Record<TableName, number>>>;
  readonly differences: readonly Difference[];
}

/** Reads every row of a run back and compares all that was written of it with the input. */
export async function verifyRun(
  database: Pick<Database, "write">,
  plan: Plan,
  times: StatementTimes,
): Promise<Verification> {
  const expected = finalRows(plan);
  const matching: Partial<Record<TableName, number>> = {};
  const differences: Difference[] = [];
  for (const table of tableNames) {
    const rows = await times.measure(`read back ${table}`, () =>
      database.write.any(rowsOfRun(table, plan.owners)),
    );
    const wanted = expected.get(table) ?? new Map();
    const found = compareRows(table, wanted, rows);
    differences.push(...found);
    matching[table] = wanted.size - wrongKeys(found).size;
  }
  return { matching, differences };
}

function wrongKeys(differences: readonly Difference[]): ReadonlySet<string> {
  return new Set(differences.filter(({ kind }) => kind !== "extra").map(({ key }) => key));
}
