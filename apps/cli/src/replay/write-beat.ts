import type { Queryable } from "@mister-smith/client";
import { SmithError } from "@mister-smith/errors";
import type { Beat, Row, Write } from "./plan/plan.ts";
import type { TableName } from "./plan/tables.ts";
import { insertRows, putState, updateRow } from "./sql/run-rows.ts";
import type { StatementTimes } from "./statement-times.ts";

/** Carries out one event, in order; rows for the same table that follow each other go in one statement. */
export async function writeBeat(connection: Queryable, beat: Beat, times: StatementTimes): Promise<void> {
  for (const batch of batchesOf(beat.writes)) await writeBatch(connection, batch, times);
}

/** What goes into one statement. */
export type Batch =
  | { readonly kind: "insert"; readonly table: TableName; readonly rows: Row[] }
  | { readonly kind: "put-state"; readonly rows: Row[] }
  | Extract<Write, { kind: "update" }>;

/** Joins writes that one statement can do, without changing their order. */
export function batchesOf(writes: readonly Write[]): readonly Batch[] {
  const batches: Batch[] = [];
  for (const write of writes) {
    const last = batches.at(-1);
    if (write.kind === "update") batches.push(write);
    else if (last !== undefined && joins(last, write)) last.rows.push(write.row);
    else if (write.kind === "insert") batches.push({ kind: "insert", table: write.table, rows: [write.row] });
    else batches.push({ kind: "put-state", rows: [write.row] });
  }
  return batches;
}

type RowBatch = Exclude<Batch, { kind: "update" }>;

// One statement cannot write the same key of a state twice.
function joins(batch: Batch, write: Exclude<Write, { kind: "update" }>): batch is RowBatch {
  if (batch.kind === "insert") return write.kind === "insert" && write.table === batch.table;
  if (batch.kind !== "put-state" || write.kind !== "put-state") return false;
  return batch.rows.every((row) => row["state_key"] !== write.row["state_key"]);
}

async function writeBatch(connection: Queryable, batch: Batch, times: StatementTimes): Promise<void> {
  if (batch.kind === "insert") {
    await times.measure(`insert ${batch.table}`, () => connection.query(insertRows(batch.table, batch.rows)));
  } else if (batch.kind === "put-state") {
    await times.measure("upsert agents.state", () => connection.query(putState(batch.rows)));
  } else {
    const { rowCount } = await times.measure(`update ${batch.table}`, () =>
      connection.query(updateRow(batch.table, batch.key, batch.set)),
    );
    if (rowCount !== 1) throw rowGone(batch.table, batch.key);
  }
}

function rowGone(table: TableName, key: Row): SmithError {
  return new SmithError(
    "REPLAYED_ROW_GONE",
    `the row ${JSON.stringify(key)} of ${table} is no longer there`,
    {
      hint: "Something else changes the rows of this run; stop it and replay again.",
      details: { table, key },
    },
  );
}
