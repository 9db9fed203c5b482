import { type LintRule, manual, type RuleHit } from "../lint-rule.ts";
import { tableCommands } from "../tree/table-commands.ts";

/** REPLICA IDENTITY FULL. */
export const replicaIdentityFull: LintRule = {
  name: "replica-identity-full",
  severity: "warning",
  title: "a table gets REPLICA IDENTITY FULL",
  why: "Every UPDATE and DELETE then writes the whole old row to the log, and a subscriber may read the whole table for each of them.",
  instead:
    "Give the table a primary key, or `REPLICA IDENTITY USING INDEX` with a UNIQUE index over NOT NULL columns.",
  links: [
    manual("sql-altertable.html#SQL-ALTERTABLE-REPLICA-IDENTITY"),
    manual("logical-replication-publication.html"),
  ],
  fires: [{ up: "ALTER TABLE shop.orders REPLICA IDENTITY FULL;" }],
  passes: [{ up: "ALTER TABLE shop.orders REPLICA IDENTITY DEFAULT;" }],
  checkStatement({ statement: { node } }) {
    return tableCommands(node).flatMap(({ table, command: { subtype, def } }): RuleHit[] => {
      if (subtype !== "AT_ReplicaIdentity" || def === undefined || !("ReplicaIdentityStmt" in def)) return [];
      if (def.ReplicaIdentityStmt.identity_type !== "f") return [];
      return [
        {
          message: `every change of "${table}" logs the whole old row`,
          hint: "Use the primary key, or REPLICA IDENTITY USING INDEX.",
        },
      ];
    });
  },
};
