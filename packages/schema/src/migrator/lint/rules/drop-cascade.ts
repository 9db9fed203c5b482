import { type LintRule, manual } from "../lint-rule.ts";
import { tableCommands } from "../tree/table-commands.ts";

/** CASCADE in a drop. */
export const dropCascade: LintRule = {
  name: "drop-cascade",
  severity: "error",
  title: "a DROP uses CASCADE",
  why: "CASCADE takes along whatever depends on the object in this one database: views, foreign keys and columns that no file names, and that no other file brings back.",
  instead: "Drop the dependent objects by name, in reverse order of their creation.",
  links: [manual("ddl-depend.html")],
  directions: ["up", "down"],
  fires: [
    { up: "-- smith:accept drop-table gone since release 3\nDROP TABLE shop.orders CASCADE;" },
    { up: "SELECT 1;", down: "DROP SCHEMA shop CASCADE;" },
    { up: "ALTER TABLE shop.orders DROP CONSTRAINT one CASCADE;" },
  ],
  passes: [{ up: "SELECT 1;", down: "DROP TABLE shop.orders;\nDROP SCHEMA shop;" }],
  checkStatement({ statement: { node } }) {
    const hit = {
      message: "CASCADE drops objects that no file names",
      hint: "Drop what depends on it by name, one statement each.",
    };
    if ("DropStmt" in node && node.DropStmt.behavior === "DROP_CASCADE") return [hit];
    return tableCommands(node)
      .filter(({ command }) => /^AT_Drop/.test(command.subtype ?? "") && command.behavior === "DROP_CASCADE")
      .map(() => hit);
  },
};
