import type { Node } from "libpg-query";
import { type LintRule, manual } from "../lint-rule.ts";

/** Drops whose text does not say what goes. */
export const dropOwned: LintRule = {
  name: "drop-owned",
  severity: "error",
  title: "DROP OWNED BY or DROP DATABASE",
  why: "DROP OWNED drops whatever the role happens to own in the database, which no review of the file can see, and takes its rights away; DROP DATABASE drops everything. Nothing brings the rows back.",
  instead:
    "Drop each object by its name, and take rights back with REVOKE. Databases are made and dropped outside of migrations.",
  links: [manual("sql-drop-owned.html"), manual("sql-dropdatabase.html")],
  directions: ["up", "down"],
  fires: [{ up: "DROP OWNED BY clerk;" }, { up: "DROP DATABASE old;" }],
  passes: [{ up: "REVOKE SELECT ON shop.orders FROM clerk;" }],
  checkStatement({ statement: { node } }) {
    const words = wordsOf(node);
    if (words === undefined) return [];
    return [{ message: `${words} drops more than the file says`, hint: "Drop each object by its name." }];
  },
};

function wordsOf(node: Node): string | undefined {
  if ("DropdbStmt" in node) return `DROP DATABASE "${node.DropdbStmt.dbname ?? ""}"`;
  return "DropOwnedStmt" in node ? "DROP OWNED BY" : undefined;
}
