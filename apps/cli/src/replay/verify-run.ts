import type { Database } from "@mister-smith/client";
import { compareRows, type Difference } from "./compare-rows.ts";
import { finalRows, type RowsByKey } from "./plan/final-rows.ts";
import type { Plan, Row } from "./plan/plan.ts";
import { type TableName, tableNames } from "./plan/tables.ts";
import { rowsOfRun } from "./sql/run-rows.ts";
import type { StatementTimes } from "./statement-times.ts";
import { comparableStates } from "./states/comparable-states.ts";

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
  return await verifyTables(database, plan, tableNames, times);
}

/** The same for the state of its agents alone. */
export async function verifyStates(
  database: Pick<Database, "write">,
  plan: Plan,
  times: StatementTimes,
): Promise<Verification> {
  return await verifyTables(database, plan, ["agents.state"], times);
}

async function verifyTables(
  database: Pick<Database, "write">,
  plan: Plan,
  names: readonly TableName[],
  times: StatementTimes,
): Promise<Verification> {
  const all = finalRows(plan);
  const matching: Partial<Record<TableName, number>> = {};
  const differences: Difference[] = [];
  for (const table of names) {
    const rows = await times.measure(`read back ${table}`, () =>
      database.write.any(rowsOfRun(table, plan.owners)),
    );
    const { expected, actual } = comparable(table, plan, all.get(table) ?? new Map(), rows);
    const found = compareRows(table, expected, actual);
    differences.push(...found);
    matching[table] = expected.size - wrongKeys(found).size;
  }
  return { matching, differences };
}

function comparable(table: TableName, { states }: Plan, expected: RowsByKey, actual: readonly Row[]) {
  const isStreamed = table === "agents.state" && states === "jetstream";
  return isStreamed ? comparableStates(expected, actual, Date.now()) : { expected, actual };
}

function wrongKeys(differences: readonly Difference[]): ReadonlySet<string> {
  return new Set(differences.filter(({ kind }) => kind !== "extra").map(({ key }) => key));
}
