import { type LintRule, manual } from "../lint-rule.ts";
import { relationName } from "../tree/names.ts";

/** REFRESH MATERIALIZED VIEW without CONCURRENTLY. */
export const refreshNotConcurrent: LintRule = {
  name: "refresh-not-concurrent",
  severity: "error",
  title: "an existing materialized view is refreshed without CONCURRENTLY",
  why: "A plain REFRESH keeps everybody from reading the view for as long as its query runs, and until the file's transaction ends.",
  instead:
    "`REFRESH MATERIALIZED VIEW CONCURRENTLY`, which needs a UNIQUE index on the view; or refresh it outside of the migration.",
  links: [manual("sql-refreshmaterializedview.html")],
  directions: ["up", "down"],
  fires: [{ up: "REFRESH MATERIALIZED VIEW shop.sums;" }],
  passes: [
    { up: "REFRESH MATERIALIZED VIEW CONCURRENTLY shop.sums;" },
    { up: "CREATE MATERIALIZED VIEW shop.m AS SELECT 1 AS one;\nREFRESH MATERIALIZED VIEW shop.m;" },
  ],
  checkStatement({ statement: { node }, isNew }) {
    if (!("RefreshMatViewStmt" in node) || node.RefreshMatViewStmt.concurrent === true) return [];
    const view = relationName(node.RefreshMatViewStmt.relation);
    if (isNew(view)) return [];
    return [
      {
        message: `nobody can read "${view}" until it is refreshed`,
        hint: "Write REFRESH MATERIALIZED VIEW CONCURRENTLY; the view needs a UNIQUE index for that.",
      },
    ];
  },
};
