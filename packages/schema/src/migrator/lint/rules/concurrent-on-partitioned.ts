import { type LintRule, manual } from "../lint-rule.ts";
import { relationName } from "../tree/names.ts";

/** CREATE INDEX CONCURRENTLY on a partitioned table, which PostgreSQL refuses. */
export const concurrentOnPartitioned: LintRule = {
  name: "concurrent-on-partitioned",
  severity: "error",
  title: "an index is built CONCURRENTLY on a partitioned table",
  why: "PostgreSQL refuses CREATE INDEX CONCURRENTLY on a partitioned table, so the file fails when it is applied.",
  instead:
    "Create the index `ON ONLY` the parent (quick: it builds nothing), build it CONCURRENTLY on each partition in files of their own, and attach those with `ALTER INDEX … ATTACH PARTITION`.",
  links: [manual("sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY"), manual("ddl-partitioning.html")],
  fires: [{ up: "CREATE INDEX CONCURRENTLY events_at ON shop.events (at);" }],
  passes: [
    { up: "CREATE INDEX CONCURRENTLY events_1_at ON shop.events_1 (at);" },
    { up: "CREATE INDEX events_at ON ONLY shop.events (at);" },
  ],
  checkStatement({ statement: { node }, knowledge }) {
    if (!("IndexStmt" in node) || node.IndexStmt.concurrent !== true) return [];
    const table = relationName(node.IndexStmt.relation);
    if (knowledge.table(table)?.partitioned !== true) return [];
    return [
      {
        message: `"${table}" is partitioned: PostgreSQL cannot build an index on it concurrently`,
        hint: `Create the index ON ONLY ${table}, then CONCURRENTLY on each partition, and attach those.`,
      },
    ];
  },
};
