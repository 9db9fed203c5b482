import type { Node } from "libpg-query";
import { type LintRule, manual } from "../lint-rule.ts";
import { relationName } from "../tree/names.ts";
import { tableCommands } from "../tree/table-commands.ts";

/** IF NOT EXISTS where another object of the same name would pass for the right one. */
export const ifNotExists: LintRule = {
  name: "if-not-exists",
  severity: "warning",
  title: "IF NOT EXISTS hides that the database already differs",
  why: "When an object of that name is there already, whatever it looks like, the statement does nothing and the migration counts as applied: the difference surfaces weeks later. An index left invalid by an interrupted build passes for a good one.",
  instead:
    "Leave it out: a migration is applied once, and a failure shows the drift while somebody is looking. `CREATE EXTENSION IF NOT EXISTS` is fine, since an administrator often has to install it first.",
  links: [manual("sql-createtable.html#SQL-CREATETABLE-PARMS-IF-NOT-EXISTS"), manual("sql-createindex.html")],
  fires: [
    { up: "CREATE TABLE IF NOT EXISTS shop.orders (id bigint);" },
    { up: "ALTER TABLE shop.orders ADD COLUMN IF NOT EXISTS note text;" },
    { up: "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_note ON shop.orders (note);" },
    { up: "CREATE SCHEMA IF NOT EXISTS shop;" },
  ],
  passes: [{ up: "CREATE TABLE shop.x (id bigint);" }, { up: "CREATE EXTENSION IF NOT EXISTS pgcrypto;" }],
  checkStatement({ statement: { node } }) {
    return targets(node).map((target) => ({
      message: `IF NOT EXISTS takes any ${target} of that name for the right one`,
      hint: "Leave IF NOT EXISTS out.",
    }));
  },
};

function targets(node: Node): readonly string[] {
  if ("CreateStmt" in node)
    return node.CreateStmt.if_not_exists === true
      ? [`table "${relationName(node.CreateStmt.relation)}"`]
      : [];
  if ("IndexStmt" in node)
    return node.IndexStmt.if_not_exists === true ? [`index "${node.IndexStmt.idxname ?? ""}"`] : [];
  if ("CreateSchemaStmt" in node)
    return node.CreateSchemaStmt.if_not_exists === true
      ? [`schema "${node.CreateSchemaStmt.schemaname ?? ""}"`]
      : [];
  if ("CreateSeqStmt" in node)
    return node.CreateSeqStmt.if_not_exists === true
      ? [`sequence "${relationName(node.CreateSeqStmt.sequence)}"`]
      : [];
  if ("CreateTableAsStmt" in node) return node.CreateTableAsStmt.if_not_exists === true ? ["relation"] : [];
  return tableCommands(node)
    .filter(({ command }) => command.subtype === "AT_AddColumn" && command.missing_ok === true)
    .map(({ table }) => `column of "${table}"`);
}
