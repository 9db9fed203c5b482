import { type LintRule, manual } from "../lint-rule.ts";
import { tableCommands } from "../tree/table-commands.ts";

/** DROP CONSTRAINT of a primary key or a UNIQUE. */
export const dropKey: LintRule = {
  name: "drop-key",
  severity: "error",
  title: "the primary key or a UNIQUE constraint of an existing table is dropped",
  why: "Its index goes with it: queries and foreign keys that lean on it slow down or fail, `ON CONFLICT` fails at once, and duplicates that come in meanwhile keep the down file from bringing it back.",
  instead:
    "Build the index that takes its place CONCURRENTLY first, and drop the old constraint when no running release needs it; then acknowledge it with that reason.",
  links: [manual("sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-CONSTRAINT")],
  fires: [
    { up: "ALTER TABLE shop.orders DROP CONSTRAINT orders_pkey;" },
    { up: "ALTER TABLE shop.orders DROP CONSTRAINT orders_note_key;" },
    {
      files: {
        "00001_t.up.sql": "CREATE TABLE t (id bigint, CONSTRAINT one_of_each UNIQUE (id));",
        "00002_t.up.sql": "ALTER TABLE t DROP CONSTRAINT one_of_each;",
      },
    },
  ],
  passes: [
    { up: "ALTER TABLE shop.orders DROP CONSTRAINT positive;" },
    { up: "CREATE TABLE shop.x (id bigint PRIMARY KEY);\nALTER TABLE shop.x DROP CONSTRAINT x_pkey;" },
  ],
  checkStatement({ statement: { node }, knowledge, isNew }) {
    return tableCommands(node).flatMap(({ table, command }) => {
      const name = command.name ?? "";
      if (command.subtype !== "AT_DropConstraint" || isNew(table)) return [];
      // The server's own names tell, too, for keys that are written without one.
      if (knowledge.table(table)?.keys.has(name) !== true && !/_(pkey|key)\d*$/.test(name)) return [];
      return [
        {
          message: `dropping "${name}" takes the key of "${table}" and its index away`,
          hint: "Put another index in its place first, or acknowledge it: -- smith:accept drop-key and the reason.",
        },
      ];
    });
  },
};
