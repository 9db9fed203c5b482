import { type LintRule, manual } from "../lint-rule.ts";
import { columnOf, constraintsOf, tableCommands } from "../tree/table-commands.ts";

const filling: ReadonlySet<string | undefined> = new Set([
  "CONSTR_DEFAULT",
  "CONSTR_IDENTITY",
  "CONSTR_GENERATED",
]);
const serial = /^(small|big)?serial[248]?$/;

/** ADD COLUMN … NOT NULL without a value for the rows that are there. */
export const addColumnNotNull: LintRule = {
  name: "add-column-not-null",
  severity: "error",
  title: "ADD COLUMN … NOT NULL without a default on an existing table",
  why: "The rows that are there would hold NULL: the statement fails as soon as the table has one row. On an empty development database it passes unnoticed.",
  instead:
    "Give a constant DEFAULT (PostgreSQL stores it once, without rewriting the table), or add the column nullable, fill it in batches, and set NOT NULL in a later file.",
  links: [manual("sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-COLUMN"), manual("ddl-alter.html")],
  fires: [{ up: "ALTER TABLE shop.orders ADD COLUMN code text NOT NULL;" }],
  passes: [
    { up: "ALTER TABLE shop.orders ADD COLUMN code text NOT NULL DEFAULT 'none';" },
    { up: "CREATE TABLE shop.x (id bigint);\nALTER TABLE shop.x ADD COLUMN code text NOT NULL;" },
  ],
  checkStatement({ statement: { node }, isNew }) {
    return tableCommands(node).flatMap(({ table, command }) => {
      const column = command.subtype === "AT_AddColumn" ? columnOf(command) : undefined;
      if (column === undefined || isNew(table)) return [];
      const kinds = constraintsOf(column).map((constraint) => constraint.contype);
      const needsValue = kinds.includes("CONSTR_NOTNULL") || kinds.includes("CONSTR_PRIMARY");
      const names = column.typeName?.names ?? [];
      const last = names.at(-1);
      const isSerial = last !== undefined && "String" in last && serial.test(last.String.sval ?? "");
      if (!needsValue || isSerial || kinds.some((kind) => filling.has(kind))) return [];
      return [
        {
          message: `column "${column.colname ?? ""}" is NOT NULL without a default: fails when "${table}" holds a row`,
          hint: "Add DEFAULT with a constant, or add the column nullable, fill it, and set NOT NULL in a later file.",
        },
      ];
    });
  },
};
