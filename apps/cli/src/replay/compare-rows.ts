import { isDeepStrictEqual } from "node:util";
import type { JsonValue } from "./json-value.ts";
import { type RowsByKey, rowKey } from "./plan/final-rows.ts";
import type { Row } from "./plan/plan.ts";
import { type TableName, tablePlan } from "./plan/tables.ts";

/** A way in which the database is not what the input says. */
export type Difference =
  | { readonly kind: "missing" | "extra"; readonly table: TableName; readonly key: string }
  | {
      readonly kind: "different";
      readonly table: TableName;
      readonly key: string;
      readonly column: string;
      /** Missing when the column should be NULL. */
      readonly expected?: JsonValue;
      /** Missing when the column is NULL. */
      readonly actual?: JsonValue;
    };

/** Compares every column of every row that a replay writes; `actual` are the rows as they were read back. */
export function compareRows(
  table: TableName,
  expected: RowsByKey,
  actual: readonly Row[],
): readonly Difference[] {
  const found = new Map(actual.map((row) => [rowKey(table, row), row]));
  const extra = [...found.keys()].filter((key) => !expected.has(key));
  return [
    ...[...expected].flatMap(([key, row]) => differencesOf(table, key, row, found.get(key))),
    ...extra.map((key) => ({ kind: "extra", table, key }) as const),
  ];
}

function differencesOf(table: TableName, key: string, expected: Row, actual: Row | undefined): Difference[] {
  if (actual === undefined) return [{ kind: "missing", table, key }];
  return Object.keys(tablePlan(table).columns)
    .filter((column) => !isDeepStrictEqual(expected[column], actual[column]))
    .map((column) => ({
      kind: "different",
      table,
      key,
      column,
      ...side("expected", expected[column]),
      ...side("actual", actual[column]),
    }));
}

function side(name: "expected" | "actual", value: JsonValue | undefined) {
  return value === undefined ? {} : { [name]: value };
}
