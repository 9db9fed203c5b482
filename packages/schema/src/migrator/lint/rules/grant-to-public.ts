import type { GrantStmt, Node } from "libpg-query";
import { type LintRule, manual } from "../lint-rule.ts";

/** GRANT … TO PUBLIC. */
export const grantToPublic: LintRule = {
  name: "grant-to-public",
  severity: "error",
  title: "a right is granted to PUBLIC",
  why: "PUBLIC is every role there is and every role there will be, of every other application on the cluster too.",
  instead: "Grant to the role that needs it.",
  links: [manual("sql-grant.html"), manual("ddl-priv.html")],
  directions: ["up", "down"],
  fires: [
    { up: "GRANT SELECT ON shop.orders TO PUBLIC;" },
    { up: "ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO PUBLIC;" },
  ],
  passes: [
    { up: "GRANT SELECT ON shop.orders TO reader;" },
    { up: "REVOKE ALL ON shop.orders FROM PUBLIC;" },
  ],
  checkStatement({ statement: { node } }) {
    const grant = grantOf(node);
    if (grant?.is_grant !== true || !(grant.grantees ?? []).some(isPublic)) return [];
    return [
      {
        message: "every role of the cluster gets the right",
        hint: "Name the role that needs it instead of PUBLIC.",
      },
    ];
  },
};

function grantOf(node: Node): GrantStmt | undefined {
  if ("GrantStmt" in node) return node.GrantStmt;
  return "AlterDefaultPrivilegesStmt" in node ? node.AlterDefaultPrivilegesStmt.action : undefined;
}

function isPublic(node: Node): boolean {
  return "RoleSpec" in node && node.RoleSpec.roletype === "ROLESPEC_PUBLIC";
}
