import { sql } from "@mister-smith/client";
import { z } from "zod";
import type { Plan, Row } from "../plan/plan.ts";
import { type TableName, tablePlan } from "../plan/tables.ts";
import { columnList, rowSchema, tableName, toDatabase, typedValue, typeName } from "./column-type.ts";

const nothing = z.object({});

/** Inserts rows of one table, in their order. */
export function insertRows(table: TableName, rows: readonly Row[]) {
  const { columns } = tablePlan(table);
  return sql.type(nothing)`
    INSERT INTO ${tableName(table)} (${columnList(Object.keys(columns))})
    SELECT * FROM ${rowsOf(table, Object.keys(columns), rows)}`;
}

/** Writes state: a key that is new is inserted, one that is there is replaced and its version raised by one. */
export function putState(rows: readonly Row[]) {
  const columns = Object.keys(tablePlan("agents.state").columns);
  return sql.type(nothing)`
    INSERT INTO agents.state AS stored (${columnList(columns)})
    SELECT * FROM ${rowsOf(
      "agents.state",
      columns,
      rows.map((row) => ({ ...row, version: 1 })),
    )}
    ON CONFLICT (agent_id, state_key) DO UPDATE SET
      state_value = EXCLUDED.state_value,
      version = stored.version + 1,
      expires_at = EXCLUDED.expires_at`;
}

/** Sets columns of the one row that has the key. */
export function updateRow(table: TableName, key: Row, set: Row) {
  const { columns } = tablePlan(table);
  const assignments = (row: Row) =>
    Object.entries(row).map(
      ([column, value]) =>
        sql.fragment`${sql.identifier([column])} = ${typedValue(columns[column] ?? "text", value)}`,
    );
  return sql.type(nothing)`
    UPDATE ${tableName(table)} SET ${sql.join(assignments(set), sql.fragment`, `)}
    WHERE ${sql.join(assignments(key), sql.fragment` AND `)}`;
}

/** Deletes the rows that have the keys; those that are not there do not matter. */
export function deleteRows(table: TableName, keys: readonly Row[]) {
  const { key } = tablePlan(table);
  return sql.type(nothing)`
    DELETE FROM ${tableName(table)}
    WHERE (${columnList(key)}) IN (SELECT * FROM ${rowsOf(table, key, keys)})`;
}

/** All rows of one table that belong to a run, whether it wrote them or not. */
export function rowsOfRun(table: TableName, owners: Plan["owners"]) {
  const { columns, scope } = tablePlan(table);
  const selected = Object.entries(columns).map(([column, type]) =>
    type === "jsonb" || type === "timestamptz"
      ? sql.fragment`${sql.identifier([column])}::TEXT AS ${sql.identifier([column])}`
      : sql.fragment`${sql.identifier([column])}`,
  );
  return sql.type(rowSchema(table))`
    SELECT ${sql.join(selected, sql.fragment`, `)}
    FROM ${tableName(table)}
    WHERE ${sql.identifier([scope.column])} = ANY(${sql.array([...owners[scope.owner]], "uuid")})`;
}

function rowsOf(table: TableName, names: readonly string[], rows: readonly Row[]) {
  const { columns } = tablePlan(table);
  const types = names.map((name) => columns[name] ?? "text");
  return sql.unnest(
    rows.map((row) => names.map((name, at) => toDatabase(types[at] ?? "text", row[name]))),
    types.map(typeName),
  );
}
