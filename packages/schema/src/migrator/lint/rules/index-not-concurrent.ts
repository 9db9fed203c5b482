import { type LintRule, manual } from "../lint-rule.ts";
import { relationName } from "../tree/names.ts";

/** CREATE INDEX on a table that was there before. */
export const indexNotConcurrent: LintRule = {
  name: "index-not-concurrent",
  severity: "error",
  title: "an index is built on an existing table without CONCURRENTLY",
  why: "A plain CREATE INDEX holds a SHARE lock until its transaction ends: nobody can write to the table while the index is built, which takes minutes on a large table.",
  instead:
    "Put `CREATE INDEX CONCURRENTLY name ON …` into a file of its own; the runner runs such a file without a transaction and rebuilds the index if it is interrupted. On a partitioned table create it `ON ONLY` the parent, build it CONCURRENTLY on each partition, and attach those.",
  links: [manual("sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY")],
  fires: [
    { up: "CREATE INDEX orders_note ON shop.orders (note);" },
    { up: "CREATE TABLE shop.x (id bigint);\nCREATE UNIQUE INDEX orders_note ON shop.orders (note);" },
  ],
  passes: [
    { up: "CREATE INDEX CONCURRENTLY orders_note ON shop.orders (note);" },
    { up: "CREATE TABLE shop.x (id bigint);\nCREATE INDEX x_id ON shop.x (id);" },
    { up: "CREATE INDEX events_at ON ONLY shop.events (at);" },
  ],
  checkStatement({ statement: { node }, knowledge, isNew }) {
    if (!("IndexStmt" in node) || node.IndexStmt.concurrent === true) return [];
    const table = relationName(node.IndexStmt.relation);
    const partitioned = knowledge.table(table)?.partitioned === true;
    if (isNew(table) || (partitioned && node.IndexStmt.relation?.inh !== true)) return [];
    const name = node.IndexStmt.idxname || undefined;
    return [
      {
        message: `building ${name === undefined ? "an index" : `index "${name}"`} blocks every write to "${table}"`,
        hint: partitioned
          ? `Create it ON ONLY ${table}, then CONCURRENTLY on each partition, and attach those with ALTER INDEX … ATTACH PARTITION.`
          : "Write CREATE INDEX CONCURRENTLY, in a file of its own.",
      },
    ];
  },
};
