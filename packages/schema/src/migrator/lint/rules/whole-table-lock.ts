import type { Node } from "libpg-query";
import { type LintRule, manual } from "../lint-rule.ts";
import { relationName } from "../tree/names.ts";
import { tableCommands } from "../tree/table-commands.ts";

const rewriting = new Map<string | undefined, string>([
  ["AT_SetLogged", "SET LOGGED"],
  ["AT_SetUnLogged", "SET UNLOGGED"],
  ["AT_SetTableSpace", "SET TABLESPACE"],
  ["AT_SetAccessMethod", "SET ACCESS METHOD"],
]);

/** Statements whose very purpose is to hold a table for long. */
export const wholeTableLock: LintRule = {
  name: "whole-table-lock",
  severity: "error",
  title:
    "VACUUM FULL, CLUSTER, LOCK TABLE, REINDEX without CONCURRENTLY, or ALTER TABLE that copies the table",
  why: "Each of them keeps everybody away from the table for as long as it takes to copy it, or until the transaction ends.",
  instead:
    "Plain VACUUM; REINDEX CONCURRENTLY in a file of its own; an online tool such as pg_repack for a table that must be rewritten. The runner has a lock of its own: LOCK TABLE is not needed.",
  links: [
    manual("explicit-locking.html#LOCKING-TABLES"),
    manual("sql-vacuum.html"),
    manual("sql-cluster.html"),
    manual("sql-reindex.html"),
  ],
  directions: ["up", "down"],
  fires: [
    { up: "VACUUM FULL shop.orders;" },
    { up: "CLUSTER shop.orders USING orders_placed;" },
    { up: "LOCK TABLE shop.orders;" },
    { up: "REINDEX TABLE shop.orders;" },
    { up: "ALTER TABLE shop.orders SET UNLOGGED;" },
  ],
  passes: [
    { up: "VACUUM shop.orders;" },
    { up: "REINDEX TABLE CONCURRENTLY shop.orders;" },
    { up: "CREATE TABLE shop.x (id bigint);\nALTER TABLE shop.x SET UNLOGGED;" },
  ],
  checkStatement({ statement: { node }, isNew }) {
    const word = statementWord(node);
    const words = word === undefined ? [] : [word];
    for (const { table, command } of tableCommands(node)) {
      const found = rewriting.get(command.subtype);
      if (found !== undefined && !isNew(table)) words.push(`ALTER TABLE "${table}" ${found}`);
    }
    return words.map((found) => ({
      message: `${found} keeps everybody away from the table until it is done`,
      hint: "Use a way that lets others work, or acknowledge it: -- smith:accept whole-table-lock and the reason.",
    }));
  },
};

function statementWord(node: Node): string | undefined {
  if ("LockStmt" in node) {
    const first = node.LockStmt.relations?.[0];
    return `LOCK TABLE "${first !== undefined && "RangeVar" in first ? relationName(first.RangeVar) : ""}"`;
  }
  if ("ClusterStmt" in node) return `CLUSTER "${relationName(node.ClusterStmt.relation)}"`;
  if ("VacuumStmt" in node && hasOption(node.VacuumStmt.options, "full")) return "VACUUM FULL";
  if ("ReindexStmt" in node && !hasOption(node.ReindexStmt.params, "concurrently")) return "REINDEX";
  return undefined;
}

function hasOption(options: readonly Node[] | undefined, name: string): boolean {
  return (options ?? []).some((option) => "DefElem" in option && option.DefElem.defname === name);
}
