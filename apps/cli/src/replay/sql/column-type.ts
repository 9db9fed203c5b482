import { sql } from "@mister-smith/client";
import { z } from "zod";
import { type JsonValue, jsonValue } from "../json-value.ts";
import type { Row } from "../plan/plan.ts";
import { type ColumnType, type TableName, tablePlan } from "../plan/tables.ts";
import { restoredJson, restoredText, storableJson, storableText } from "../storable-text.ts";

/** The name of a column's type in the database, with its schema. */
export function typeName(type: ColumnType): [string, string] {
  if (type === "bigint") return ["pg_catalog", "int8"];
  if (type === "integer") return ["pg_catalog", "int4"];
  return [type.endsWith("_type") ? "public" : "pg_catalog", type];
}

/** A table's name for a statement. */
export function tableName(table: TableName) {
  const { schema, name } = tablePlan(table);
  return sql.identifier([schema, name]);
}

/** The columns' names for a statement, with commas between them. */
export function columnList(columns: readonly string[]) {
  return sql.join(
    columns.map((column) => sql.identifier([column])),
    sql.fragment`, `,
  );
}

/** A value with its type, for a statement. */
export function typedValue(type: ColumnType, value: JsonValue | undefined) {
  return sql.fragment`${toDatabase(type, value)}::${sql.identifier(typeName(type))}`;
}

/** A recorded value as the driver takes it. */
export function toDatabase(type: ColumnType, value: JsonValue | undefined): string | number | null {
  if (value === undefined) return null;
  if (type === "jsonb") return JSON.stringify(storableJson(value));
  if (typeof value === "number") return value;
  return storableText(String(value));
}

/** What a row of a table looks like when the driver has read it; it comes out as the recording had it. */
export function rowSchema(table: TableName): z.ZodType<Row> {
  const shape: Record<string, z.ZodType<JsonValue | undefined>> = {};
  for (const [column, type] of Object.entries(tablePlan(table).columns)) {
    shape[column] = columnSchemas[kindOf(type)];
  }
  return z.object(shape).transform(withoutMissing);
}

// SQL NULL becomes undefined, so that JSON's null keeps its meaning.
const orMissing = <Value extends z.ZodType>(schema: Value) =>
  z.union([z.null().transform(() => undefined), schema]);

// JSON's null and SQL's NULL look the same to the driver: a `jsonb` column is therefore read as text. So is a time,
// of which the driver's would lose the microseconds; and 64 bits and decimals come as text.
const columnSchemas = {
  text: orMissing(z.string().transform(restoredText)),
  time: orMissing(z.string().transform(isoTime)),
  number: orMissing(z.union([z.number(), z.string().transform(Number)])),
  json: orMissing(z.string().transform((stored) => restoredJson(jsonValue.parse(JSON.parse(stored))))),
} as const;

function kindOf(type: ColumnType): keyof typeof columnSchemas {
  if (type === "jsonb") return "json";
  if (type === "timestamptz") return "time";
  return type === "bigint" || type === "integer" || type === "numeric" ? "number" : "text";
}

// Recorded times have milliseconds. What has more is no time that a replay wrote, and stays as it is to be seen.
function isoTime(text: string): string {
  return /\.\d{4,}/.test(text) ? text : new Date(text).toISOString();
}

function withoutMissing(row: Record<string, JsonValue | undefined>): Row {
  const filled: Record<string, JsonValue> = {};
  for (const [column, value] of Object.entries(row)) if (value !== undefined) filled[column] = value;
  return filled;
}
