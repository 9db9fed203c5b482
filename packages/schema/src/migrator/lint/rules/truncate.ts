import { type LintRule, manual } from "../lint-rule.ts";
import { relationName } from "../tree/names.ts";

/** TRUNCATE in an up file. */
export const truncate: LintRule = {
  name: "truncate",
  severity: "error",
  title: "an up file truncates a table",
  why: "TRUNCATE takes an ACCESS EXCLUSIVE lock and empties the table for good: a down file cannot bring the rows back.",
  instead:
    "Delete the rows that must go by a condition, in batches, outside of the migration; or acknowledge it with a reason.",
  links: [manual("sql-truncate.html")],
  fires: [{ up: "TRUNCATE shop.orders;" }],
  passes: [
    { up: "-- smith:accept truncate a cache that the next start fills again\nTRUNCATE shop.orders;" },
    { up: "CREATE TABLE shop.x (id bigint);\nTRUNCATE shop.x;" },
  ],
  checkStatement({ statement: { node }, isNew }) {
    if (!("TruncateStmt" in node)) return [];
    return (node.TruncateStmt.relations ?? [])
      .map((relation) => ("RangeVar" in relation ? relationName(relation.RangeVar) : ""))
      .filter((table) => !isNew(table))
      .map((table) => ({
        message: `all rows of "${table}" are thrown away`,
        hint: "Delete by a condition, or acknowledge it: -- smith:accept truncate and the reason.",
      }));
  },
};
