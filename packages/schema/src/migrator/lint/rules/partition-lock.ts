import type { AlterTableCmd } from "libpg-query";
import { type LintRule, manual, type RuleHit } from "../lint-rule.ts";
import { relationName } from "../tree/names.ts";
import { tableCommands } from "../tree/table-commands.ts";

const partitionOf = ({ def }: AlterTableCmd) =>
  def !== undefined && "PartitionCmd" in def ? def.PartitionCmd : undefined;

/** DETACH PARTITION under the strongest lock. */
export const detachNotConcurrent: LintRule = {
  name: "detach-not-concurrent",
  severity: "error",
  title: "a partition is detached without CONCURRENTLY",
  why: "A plain DETACH PARTITION takes an ACCESS EXCLUSIVE lock on the partitioned table: it waits for every running query, and all later ones queue behind it.",
  instead:
    "`ALTER TABLE … DETACH PARTITION … CONCURRENTLY` in a file of its own. It cannot be used while there is a default partition: acknowledge that with a reason.",
  links: [manual("sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION")],
  directions: ["up", "down"],
  fires: [{ up: "ALTER TABLE shop.events DETACH PARTITION shop.events_1;" }],
  passes: [{ up: "ALTER TABLE shop.events DETACH PARTITION shop.events_1 CONCURRENTLY;" }],
  checkStatement({ statement: { node }, isNew }) {
    return tableCommands(node).flatMap(({ table, command }): RuleHit[] => {
      const partition = partitionOf(command);
      if (command.subtype !== "AT_DetachPartition" || partition?.concurrent === true || isNew(table))
        return [];
      return [
        {
          message: `detaching "${relationName(partition?.name)}" locks "${table}" against reads and writes`,
          hint: "Write DETACH PARTITION … CONCURRENTLY, in a file of its own.",
        },
      ];
    });
  },
};

/** ATTACH PARTITION that reads the table under the lock. */
export const attachWithoutCheck: LintRule = {
  name: "attach-without-check",
  severity: "error",
  title: "an existing table is attached as a partition without a validated CHECK",
  why: "ATTACH PARTITION reads all rows of the table under an ACCESS EXCLUSIVE lock on it to see whether they fit, and the default partition's rows as well, unless CHECK constraints prove it.",
  instead:
    "Add a CHECK that says what the partition's bound says as NOT VALID, validate it in the next file, then attach; drop the CHECK afterwards. The default partition wants one that excludes the bound.",
  links: [manual("ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE")],
  fires: [{ up: "ALTER TABLE shop.events ATTACH PARTITION shop.orders DEFAULT;" }],
  passes: [
    {
      files: {
        "00001_shop.up.sql":
          "CREATE TABLE p (at date) PARTITION BY RANGE (at);\nCREATE TABLE part (at date);\nALTER TABLE part ADD CONSTRAINT fits CHECK (at >= '2026-01-01' AND at < '2027-01-01' AND at IS NOT NULL);",
        "00002_attach.up.sql":
          "ALTER TABLE p ATTACH PARTITION part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
      },
    },
    {
      up: "CREATE TABLE shop.e2 (id bigint, at timestamptz);\nALTER TABLE shop.events ATTACH PARTITION shop.e2 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');",
    },
  ],
  checkStatement({ statement: { node }, knowledge, isNew }) {
    return tableCommands(node).flatMap(({ table, command }): RuleHit[] => {
      if (command.subtype !== "AT_AttachPartition") return [];
      const name = relationName(partitionOf(command)?.name);
      const checks = [...(knowledge.table(name)?.checks.values() ?? [])];
      if (isNew(name) || checks.some((check) => check.check && check.validated)) return [];
      return [
        {
          message: `attaching "${name}" to "${table}" reads all its rows under a lock`,
          hint: "Add and validate a CHECK like the partition's bound first, each in a file of its own.",
        },
      ];
    });
  },
};
