import type { ColumnDef } from "libpg-query";
import type { SchemaKnowledge } from "../knowledge/schema-knowledge.ts";
import { type LintRule, manual } from "../lint-rule.ts";
import { columnType } from "../tree/column-type.ts";
import { columnOf, constraintsOf, tableCommands } from "../tree/table-commands.ts";

/** ADD COLUMN that rewrites by its kind: serial, identity, stored generated, constrained domain. */
export const addColumnRewrite: LintRule = {
  name: "add-column-rewrite",
  severity: "error",
  title: "ADD COLUMN of a kind that rewrites an existing table",
  why: "A serial or identity column, a stored generated column, and a column whose type is a domain with constraints get a computed value in every row: PostgreSQL rewrites the table and its indexes under an ACCESS EXCLUSIVE lock.",
  instead:
    "Add a plain column, fill it in batches, and add the sequence or identity (`ADD GENERATED …`) afterwards. For a generated value use a trigger, or an expression index where it is only searched for.",
  links: [manual("sql-altertable.html#SQL-ALTERTABLE-NOTES"), manual("ddl-generated-columns.html")],
  fires: [
    { up: "ALTER TABLE shop.orders ADD COLUMN number bigserial;" },
    { up: "ALTER TABLE shop.orders ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;" },
    { up: "ALTER TABLE shop.orders ADD COLUMN twice integer GENERATED ALWAYS AS (amount * 2) STORED;" },
    {
      up: "CREATE DOMAIN shop.code AS text CHECK (VALUE <> '');\nALTER TABLE shop.orders ADD COLUMN code shop.code;",
    },
  ],
  passes: [
    { up: "ALTER TABLE shop.orders ADD COLUMN number bigint;" },
    { up: "CREATE TABLE shop.x (id bigint);\nALTER TABLE shop.x ADD COLUMN number bigserial;" },
  ],
  checkStatement({ statement: { node }, knowledge, isNew }) {
    return tableCommands(node).flatMap(({ table, command }) => {
      const column = command.subtype === "AT_AddColumn" ? columnOf(command) : undefined;
      const reason = column === undefined || isNew(table) ? undefined : rewriteReason(column, knowledge);
      if (column === undefined || reason === undefined) return [];
      return [
        {
          message: `column "${column.colname ?? ""}" is ${reason}: "${table}" is rewritten while nobody can use it`,
          hint: "Add a plain nullable column, fill it in batches, and add the rest in a later file.",
        },
      ];
    });
  },
};

function rewriteReason(column: ColumnDef, knowledge: SchemaKnowledge): string | undefined {
  const { name } = columnType(column.typeName);
  if (/^(small|big)?serial[248]?$/.test(name)) return "a serial";
  if (knowledge.constrainedDomains.has(name)) return `of the domain "${name}", which has a constraint`;
  for (const constraint of constraintsOf(column)) {
    if (constraint.contype === "CONSTR_IDENTITY") return "an identity column";
    // A virtual one is computed when it is read.
    if (constraint.contype === "CONSTR_GENERATED" && constraint.generated_kind !== "v")
      return "generated and stored";
  }
  return undefined;
}
