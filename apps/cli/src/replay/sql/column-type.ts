import { type FragmentSqlToken, type IdentifierSqlToken, sql } from "slonik";
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
export function tableName(table: TableName): IdentifierSqlToken {
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
export function typedValue(type: ColumnType, value: JsonValue | undefined): FragmentSqlToken {
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
  const { columns } = tablePlan(table);
  const shape = Object.entries(columns).map(([column, type]) => [column, columnSchemas[kindOf(type)]]);
  return z.object(Object.fromEntries(shape)).transform(withoutNulls);
}

const text = z.string().transform(restoredText).nullable();

// JSON's null and SQL's NULL look the same to the driver: a `jsonb` column is therefore read as text.
const columnSchemas = {
  text,
  number: z.number().nullable(),
  json: z
    .string()
    .transform((stored) => restoredJson(jsonValue.parse(JSON.parse(stored))))
    .nullable(),
} as const;

function kindOf(type: ColumnType): keyof typeof columnSchemas {
  if (type === "jsonb") return "json";
  return type === "bigint" || type === "integer" || type === "numeric" ? "number" : "text";
}

function withoutNulls(row: Record<string, unknown>): Row {
  // What SQL NULL became is left out: a column that is missing is NULL.
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Row;
}
