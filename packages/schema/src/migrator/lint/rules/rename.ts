import { type LintRule, manual } from "../lint-rule.ts";
import { relationName } from "../tree/names.ts";

const nouns = new Map<string | undefined, string>([
  ["OBJECT_TABLE", "table"],
  ["OBJECT_COLUMN", "column"],
  ["OBJECT_VIEW", "view"],
]);

/** A rename of what running code calls by its name. */
export const rename: LintRule = {
  name: "rename",
  severity: "error",
  title: "a table, column or view that was there before is renamed",
  why: "Between the migration and the last restart the old code runs against the new name and fails. No order of steps avoids that.",
  instead:
    "Add the new column beside the old one and keep them in step with a trigger until the old code is gone; for a table, rename it and put a view with the old name in its place in the same file, and acknowledge the rename with that reason.",
  links: [
    manual("sql-altertable.html#SQL-ALTERTABLE-DESC-RENAME"),
    manual("sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS"),
  ],
  fires: [
    { up: "ALTER TABLE shop.orders RENAME TO purchases;" },
    { up: "ALTER TABLE shop.orders RENAME COLUMN note TO remark;" },
  ],
  passes: [
    { up: "ALTER INDEX shop.orders_placed RENAME TO orders_placed_at;" },
    { up: "CREATE TABLE shop.x (id bigint);\nALTER TABLE shop.x RENAME COLUMN id TO number;" },
  ],
  checkStatement({ statement: { node }, isNew }) {
    if (!("RenameStmt" in node)) return [];
    const { renameType, relationType, relation, subname, newname } = node.RenameStmt;
    const noun = nouns.get(renameType);
    const table = relationName(relation);
    if (noun === undefined || isNew(table) || relationType === "OBJECT_TYPE") return [];
    const name = subname === undefined ? table : `${table}.${subname}`;
    return [
      {
        message: `renaming ${noun} "${name}" to "${newname ?? ""}" breaks the code that is running`,
        hint: "Add the new name beside the old one, and drop the old one when no running release uses it.",
      },
    ];
  },
};
