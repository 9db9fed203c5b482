import { type LintRule, manual } from "../lint-rule.ts";
import { objectName } from "../tree/names.ts";

/** DROP INDEX without CONCURRENTLY. */
export const dropIndexNotConcurrent: LintRule = {
  name: "drop-index-not-concurrent",
  severity: "error",
  title: "an index is dropped without CONCURRENTLY",
  why: "A plain DROP INDEX takes an ACCESS EXCLUSIVE lock on the table: it waits for every running query and everything that comes later queues behind it, reads included.",
  instead:
    "Write `DROP INDEX CONCURRENTLY name` in a file of its own. The index of a partitioned table cannot be dropped so: acknowledge that with a reason.",
  links: [manual("sql-dropindex.html")],
  fires: [{ up: "DROP INDEX shop.orders_placed;" }],
  passes: [
    { up: "DROP INDEX CONCURRENTLY shop.orders_placed;" },
    { up: "CREATE TABLE shop.x (id bigint);\nCREATE INDEX x_id ON shop.x (id);\nDROP INDEX shop.x_id;" },
  ],
  checkStatement({ statement: { node }, knowledge, file }) {
    if (!("DropStmt" in node) || node.DropStmt.removeType !== "OBJECT_INDEX") return [];
    if (node.DropStmt.concurrent === true) return [];
    return (node.DropStmt.objects ?? [])
      .map(objectName)
      .filter((name) => knowledge.objects.get(name) !== file.file)
      .map((name) => ({
        message: `dropping index "${name}" locks its table against reads and writes`,
        hint: "Write DROP INDEX CONCURRENTLY, in a file of its own.",
      }));
  },
};
