import { rowSchemas } from "@mister-smith/schema";
import { describe, expect, it } from "vitest";
import { type ColumnType, tableNames, tablePlan } from "./tables.ts";

/** The types that a column of the catalogue may have to be written as the replay does it. */
const catalogued: Readonly<Record<ColumnType, RegExp>> = {
  uuid: /^uuid$|_id_type$/,
  text: /^text$|^character varying/,
  jsonb: /^jsonb$/,
  timestamptz: /^timestamp with time zone$/,
  bigint: /^bigint$/,
  integer: /^integer$/,
  numeric: /^numeric/,
  agent_status_type: /agent_status_type$/,
  task_status_type: /task_status_type$/,
  task_priority_type: /task_priority_type$/,
  message_type: /message_type$/,
};

describe("the tables of a replay", () => {
  it.each(tableNames)("%s has the columns and types that the schema package knows", (table) => {
    const known: Readonly<Record<string, { readonly types: readonly string[] } | undefined>> =
      rowSchemas[table].columns;
    const { columns, key, scope } = tablePlan(table);
    for (const [column, type] of Object.entries(columns)) {
      expect(known[column]?.types, column).toEqual([expect.stringMatching(catalogued[type])]);
    }
    expect(Object.keys(columns)).toEqual(expect.arrayContaining([...key, scope.column]));
  });
});
