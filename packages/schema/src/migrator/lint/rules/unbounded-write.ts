import type { MergeStmt, Node } from "libpg-query";
import { type LintRule, manual } from "../lint-rule.ts";
import { relationName } from "../tree/names.ts";
import { isAlwaysTrue, withQueries } from "../tree/writes.ts";

interface Write {
  readonly table: string;
  readonly verb: "updated" | "deleted";
}

/** UPDATE, DELETE or MERGE without a condition. */
export const unboundedWrite: LintRule = {
  name: "unbounded-write",
  severity: "error",
  title:
    "UPDATE, DELETE or MERGE of all rows of an existing table, also within WITH or with a condition like `WHERE true`",
  why: "Every row is written and locked until the file's transaction ends, the table doubles in size, and a DELETE cannot be taken back.",
  instead:
    "Change the rows in batches by key outside of the migration, and let the migration only add what is needed for that. A bounded change carries a WHERE; the DELETE of a MERGE carries a condition in its WHEN.",
  links: [manual("sql-update.html"), manual("sql-merge.html"), manual("routine-vacuuming.html")],
  fires: [
    { up: "UPDATE shop.orders SET note = '';" },
    { up: "DELETE FROM shop.orders;" },
    { up: "UPDATE shop.orders SET note = '' WHERE true;" },
    { up: "DELETE FROM shop.orders WHERE 1 = 1;" },
    { up: "WITH gone AS (DELETE FROM shop.orders RETURNING *) SELECT count(*) FROM gone;" },
    {
      up: "MERGE INTO shop.orders AS o USING shop.customers AS c ON c.id = o.customer_id WHEN MATCHED THEN DELETE;",
    },
  ],
  passes: [
    { up: "UPDATE shop.orders SET note = '' WHERE id = 7;" },
    { up: "DELETE FROM shop.orders WHERE id = 7 OR 1 = 0;" },
    { up: "WITH gone AS (DELETE FROM shop.orders WHERE id = 7 RETURNING *) SELECT count(*) FROM gone;" },
    {
      up: "MERGE INTO shop.orders AS o USING shop.customers AS c ON c.id = o.customer_id WHEN MATCHED AND o.id = 7 THEN DELETE;",
    },
    { up: "CREATE TABLE shop.x (id bigint);\nINSERT INTO shop.x VALUES (1);\nUPDATE shop.x SET id = 2;" },
  ],
  checkStatement({ statement: { node }, isNew }) {
    return withQueries(node)
      .flatMap(unbounded)
      .filter(({ table }) => !isNew(table))
      .map(({ table, verb }) => ({
        message: `all rows of "${table}" are ${verb} in one transaction`,
        hint: "Add a WHERE, or do it in batches outside of the migration.",
      }));
  },
};

function unbounded(node: Node): readonly Write[] {
  if ("UpdateStmt" in node && isAlwaysTrue(node.UpdateStmt.whereClause))
    return [{ table: relationName(node.UpdateStmt.relation), verb: "updated" }];
  if ("DeleteStmt" in node && isAlwaysTrue(node.DeleteStmt.whereClause))
    return [{ table: relationName(node.DeleteStmt.relation), verb: "deleted" }];
  return "MergeStmt" in node ? unboundedMerge(node.MergeStmt) : [];
}

/** A MERGE updates only what its source has, unless it goes for the rows that the source does not have. */
function unboundedMerge({ relation, joinCondition, mergeWhenClauses }: MergeStmt): readonly Write[] {
  const table = relationName(relation);
  return (mergeWhenClauses ?? []).flatMap((clause): Write[] => {
    if (!("MergeWhenClause" in clause)) return [];
    const { commandType, matchKind, condition } = clause.MergeWhenClause;
    if (!isAlwaysTrue(condition)) return [];
    if (commandType === "CMD_DELETE") return [{ table, verb: "deleted" }];
    const all = matchKind === "MERGE_WHEN_NOT_MATCHED_BY_SOURCE" || isAlwaysTrue(joinCondition);
    return commandType === "CMD_UPDATE" && all ? [{ table, verb: "updated" }] : [];
  });
}
