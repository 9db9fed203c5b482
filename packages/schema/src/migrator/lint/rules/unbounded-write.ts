import { type LintRule, manual } from "../lint-rule.ts";
import { relationName } from "../tree/names.ts";

/** UPDATE or DELETE without a condition. */
export const unboundedWrite: LintRule = {
  name: "unbounded-write",
  severity: "error",
  title: "UPDATE or DELETE of all rows of an existing table",
  why: "Every row is written and locked until the file's transaction ends, the table doubles in size, and a DELETE cannot be taken back.",
  instead:
    "Change the rows in batches by key outside of the migration, and let the migration only add what is needed for that. A bounded change carries a WHERE.",
  links: [manual("sql-update.html"), manual("routine-vacuuming.html")],
  fires: [{ up: "UPDATE shop.orders SET note = '';" }, { up: "DELETE FROM shop.orders;" }],
  passes: [
    { up: "UPDATE shop.orders SET note = '' WHERE id = 7;" },
    { up: "CREATE TABLE shop.x (id bigint);\nINSERT INTO shop.x VALUES (1);\nUPDATE shop.x SET id = 2;" },
  ],
  checkStatement({ statement: { node }, isNew }) {
    const write = "UpdateStmt" in node ? node.UpdateStmt : "DeleteStmt" in node ? node.DeleteStmt : undefined;
    if (write === undefined || write.whereClause !== undefined) return [];
    const table = relationName(write.relation);
    if (isNew(table)) return [];
    const verb = "UpdateStmt" in node ? "updated" : "deleted";
    return [
      {
        message: `all rows of "${table}" are ${verb} in one transaction`,
        hint: "Add a WHERE, or do it in batches outside of the migration.",
      },
    ];
  },
};
