import { type LintRule, manual } from "../lint-rule.ts";
import { type ColumnType, columnType, showType } from "../tree/column-type.ts";
import { columnOf, tableCommands } from "../tree/table-commands.ts";

/** ALTER COLUMN … TYPE that rewrites. */
export const typeChangeRewrite: LintRule = {
  name: "type-change-rewrite",
  severity: "error",
  title: "a column's type changes in a way that rewrites the table",
  why: "Unless the new type can hold the old bytes as they are, PostgreSQL rewrites the table and all its indexes under an ACCESS EXCLUSIVE lock. Widening a varchar, and going from varchar to text, does not rewrite; integer to bigint does.",
  instead:
    "Add a column of the new type, keep it in step with a trigger, fill the old rows in batches, switch the code over, and drop the old column in a later release.",
  links: [manual("sql-altertable.html#SQL-ALTERTABLE-NOTES")],
  fires: [
    { up: "ALTER TABLE shop.orders ALTER COLUMN amount TYPE bigint;" },
    { up: "ALTER TABLE shop.orders ALTER COLUMN note TYPE varchar(20);" },
    { up: "ALTER TABLE shop.orders ALTER COLUMN note TYPE text USING upper(note);" },
    { up: "ALTER TABLE unknown_table ALTER COLUMN x TYPE varchar(20);" },
  ],
  passes: [
    { up: "ALTER TABLE shop.orders ALTER COLUMN note TYPE varchar(100);" },
    { up: "ALTER TABLE shop.orders ALTER COLUMN note TYPE text;" },
    { up: "ALTER TABLE shop.orders ALTER COLUMN price TYPE numeric(12, 2);" },
    { up: "CREATE TABLE shop.x (id integer);\nALTER TABLE shop.x ALTER COLUMN id TYPE bigint;" },
  ],
  checkStatement({ statement: { node }, knowledge, isNew }) {
    return tableCommands(node).flatMap(({ table, command }) => {
      const column = command.subtype === "AT_AlterColumnType" ? columnOf(command) : undefined;
      if (column === undefined || isNew(table)) return [];
      const to = columnType(column.typeName);
      const from = knowledge.table(table)?.columns.get(command.name ?? "");
      if (column.raw_default === undefined && from !== undefined && keepsBytes(from, to)) return [];
      const change = from === undefined ? `to ${showType(to)}` : `from ${showType(from)} to ${showType(to)}`;
      return [
        {
          message: `changing "${table}.${command.name ?? ""}" ${change} ${from === undefined ? "may rewrite" : "rewrites or rereads"} the table while nobody can use it`,
          hint: "Add a column of the new type, fill it in batches, switch the code over, and drop the old one later.",
        },
      ];
    });
  },
};

const texts: ReadonlySet<string> = new Set(["text", "varchar"]);
const withOneLimit: ReadonlySet<string> = new Set([
  "varchar",
  "varbit",
  "timestamp",
  "timestamptz",
  "time",
  "timetz",
  "interval",
]);

/** Whether the stored bytes stay as they are and need not be looked at. */
function keepsBytes(from: ColumnType, to: ColumnType): boolean {
  if (from.array !== to.array) return false;
  if (texts.has(from.name) && texts.has(to.name)) return !narrows(from, to);
  if (from.name === "cidr" && to.name === "inet") return true;
  if (from.name !== to.name) return false;
  if (from.name === "numeric") return keepsNumeric(from, to);
  if (withOneLimit.has(from.name)) return !narrows(from, to);
  return from.modifiers.join() === to.modifiers.join();
}

function narrows(from: ColumnType, to: ColumnType): boolean {
  const [limit] = to.modifiers;
  const [was] = from.modifiers;
  return limit !== undefined && (was === undefined || limit < was);
}

/** More digits before the point are free; another scale is another number. */
function keepsNumeric(from: ColumnType, to: ColumnType): boolean {
  const [wasPrecision, wasScale = 0] = from.modifiers;
  const [precision, scale = 0] = to.modifiers;
  if (precision === undefined) return true;
  return wasPrecision !== undefined && precision >= wasPrecision && scale === wasScale;
}
