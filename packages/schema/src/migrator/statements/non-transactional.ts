import type { AlterSubscriptionStmt, DefElem, Node } from "libpg-query";

const alwaysOutside: ReadonlySet<string> = new Set([
  "CreatedbStmt",
  "DropdbStmt",
  "CreateTableSpaceStmt",
  "DropTableSpaceStmt",
  "AlterSystemStmt",
  // Allowed inside when the subscription has no slot, which the text does not tell.
  "DropSubscriptionStmt",
]);

const wholeDatabaseReindex: ReadonlySet<string> = new Set([
  "REINDEX_OBJECT_SCHEMA",
  "REINDEX_OBJECT_SYSTEM",
  "REINDEX_OBJECT_DATABASE",
]);

/**
 * Whether PostgreSQL refuses the statement inside a transaction block.
 *
 * `ALTER TYPE … ADD VALUE` is allowed inside since PostgreSQL 12, as long as the same file does not use the
 * new value; `REFRESH MATERIALIZED VIEW CONCURRENTLY` always is.
 */
export function mustRunOutsideTransaction(node: Node): boolean {
  if (Object.keys(node).some((tag) => alwaysOutside.has(tag))) return true;
  if ("IndexStmt" in node) return node.IndexStmt.concurrent === true;
  if ("DropStmt" in node) return node.DropStmt.concurrent === true;
  if ("VacuumStmt" in node) return node.VacuumStmt.is_vacuumcmd === true;
  if ("ClusterStmt" in node) return node.ClusterStmt.relation === undefined;
  if ("ReindexStmt" in node) {
    const { kind, params } = node.ReindexStmt;
    return hasOption(params, "concurrently") || (kind !== undefined && wholeDatabaseReindex.has(kind));
  }
  if ("AlterTableStmt" in node) return (node.AlterTableStmt.cmds ?? []).some(detachesConcurrently);
  if ("AlterDatabaseStmt" in node) return hasOption(node.AlterDatabaseStmt.options, "tablespace");
  if ("CreateSubscriptionStmt" in node) {
    const { options } = node.CreateSubscriptionStmt;
    return !isSwitchedOff(options, "create_slot") && !isSwitchedOff(options, "connect");
  }
  if ("AlterSubscriptionStmt" in node) return refreshesSubscription(node.AlterSubscriptionStmt);
  return false;
}

function detachesConcurrently(command: Node): boolean {
  if (!("AlterTableCmd" in command)) return false;
  const { subtype, def } = command.AlterTableCmd;
  if (subtype !== "AT_DetachPartition" || def === undefined || !("PartitionCmd" in def)) return false;
  return def.PartitionCmd.concurrent === true;
}

const refreshingKinds: ReadonlySet<string> = new Set([
  "ALTER_SUBSCRIPTION_REFRESH",
  "ALTER_SUBSCRIPTION_REFRESH_PUBLICATION",
  "ALTER_SUBSCRIPTION_SET_PUBLICATION",
  "ALTER_SUBSCRIPTION_ADD_PUBLICATION",
  "ALTER_SUBSCRIPTION_DROP_PUBLICATION",
]);

function refreshesSubscription({ kind, options }: AlterSubscriptionStmt): boolean {
  return kind !== undefined && refreshingKinds.has(kind) && !isSwitchedOff(options, "refresh");
}

function hasOption(options: readonly Node[] | undefined, name: string): boolean {
  return findOption(options, name) !== undefined && !isSwitchedOff(options, name);
}

function isSwitchedOff(options: readonly Node[] | undefined, name: string): boolean {
  const value = findOption(options, name)?.arg;
  return value !== undefined && /^(false|off|0)$/i.test(optionText(value));
}

// The grammar reads `false` as a string, `off` as the name of a type, and digits as an integer.
function optionText(value: Node): string {
  if ("String" in value) return value.String.sval ?? "";
  if ("Integer" in value) return String(value.Integer.ival ?? 0);
  if ("Boolean" in value) return String(value.Boolean.boolval === true);
  const name = "TypeName" in value ? value.TypeName.names?.at(-1) : undefined;
  return name !== undefined ? optionText(name) : "";
}

function findOption(options: readonly Node[] | undefined, name: string): DefElem | undefined {
  for (const option of options ?? []) {
    if ("DefElem" in option && option.DefElem.defname === name) return option.DefElem;
  }
  return undefined;
}
