import type { RangeVar } from "libpg-query";
import {
  dropIndexConcurrently,
  finalizeDetach,
  findPendingDetach,
  findReindexLeftovers,
} from "../sql/index-state.ts";
import type { SqlStatement } from "../statements/sql-statement.ts";
import type { RunContext } from "./run-context.ts";

/**
 * Clears away what an interrupted run has left of a statement, and says whether it is thereby done.
 *
 * Most statements that run without a transaction can simply be run again. An interrupted
 * REINDEX CONCURRENTLY leaves invalid copies, and an interrupted DETACH … CONCURRENTLY must be finished, not
 * begun anew.
 */
export async function removeRemains(
  context: RunContext,
  file: string,
  statement: SqlStatement,
): Promise<"done" | "run"> {
  if (statement.tag === "ReindexStmt") return dropReindexLeftovers(context, file, statement);
  const detach = detachOf(statement);
  return detach === undefined ? "run" : finishDetach(context, file, statement, detach);
}

async function dropReindexLeftovers(
  { session, options }: RunContext,
  file: string,
  { line, node }: SqlStatement,
): Promise<"run"> {
  const relation = "ReindexStmt" in node ? node.ReindexStmt.relation : undefined;
  if (relation?.relname === undefined) return "run";
  const leftovers = await session.any(findReindexLeftovers(relation.schemaname, relation.relname));
  for (const { schema, index } of leftovers) {
    await session.any(dropIndexConcurrently(schema, index));
    options.emit({ type: "resumed", file, line, found: "removed-invalid-index" });
  }
  return "run";
}

interface Detach {
  readonly parent: RangeVar;
  readonly partition: RangeVar;
}

function detachOf({ node }: SqlStatement): Detach | undefined {
  if (!("AlterTableStmt" in node)) return undefined;
  const { relation, cmds } = node.AlterTableStmt;
  const [command] = cmds ?? [];
  const def = command !== undefined && "AlterTableCmd" in command ? command.AlterTableCmd.def : undefined;
  const partition = def !== undefined && "PartitionCmd" in def ? def.PartitionCmd.name : undefined;
  return relation && partition ? { parent: relation, partition } : undefined;
}

async function finishDetach(
  { session, options }: RunContext,
  file: string,
  { line }: SqlStatement,
  { parent, partition }: Detach,
): Promise<"done" | "run"> {
  const [state] = await session.any(findPendingDetach(partition.schemaname, partition.relname ?? ""));
  if (state === undefined) return "done";
  if (!state.pending) return "run";
  await session.any(finalizeDetach(nameOf(parent), nameOf(partition)));
  options.emit({ type: "resumed", file, line, found: "finished-detach" });
  return "done";
}

function nameOf({ schemaname, relname = "" }: RangeVar): readonly string[] {
  return schemaname === undefined ? [relname] : [schemaname, relname];
}
