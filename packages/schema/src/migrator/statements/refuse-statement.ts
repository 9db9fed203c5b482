import type { Node } from "libpg-query";
import { MigrationError } from "../errors/migration-error.ts";
import { calledFunctions } from "./walk.ts";

interface Refusal {
  readonly reason: string;
  readonly hint: string;
}

const transactionControl: Refusal = {
  reason: "it opens, ends or splits a transaction",
  hint: "Remove it: every file runs in one transaction of its own, together with the row that records it.",
};

const copyData: Refusal = {
  reason: "COPY from or to the client needs a client that carries the data",
  hint: "Write the rows as INSERT … VALUES, or load them with psql outside of the migration.",
};

const discardAll: Refusal = {
  reason: "DISCARD ALL would release the lock that keeps other runners out",
  hint: "Remove it: settings are put back after every file.",
};

const unlock: Refusal = {
  reason: "pg_advisory_unlock… could give back the lock that keeps other runners out",
  hint: "Take a lock of your own with pg_advisory_xact_lock: it is given back with the transaction.",
};

const deallocateAll: Refusal = {
  reason: "DEALLOCATE ALL would take away the statements that record migrations",
  hint: "Name the prepared statement that it is meant for.",
};

const unnamedIndex: Refusal = {
  reason: "an index that is built CONCURRENTLY needs a name",
  hint: "Name it: only then can a build that was interrupted be found and repeated.",
};

/**
 * Stops at a statement that PostgreSQL could parse but a migration must not run.
 *
 * @throws {MigrationError} MIGRATION_UNSUPPORTED with file, line, reason and remedy
 */
export function refuseUnsupportedStatement(node: Node, file: string, line: number): void {
  const refusal = refusalOf(node);
  if (refusal === undefined) return;
  throw new MigrationError(
    "MIGRATION_UNSUPPORTED",
    `${file}, line ${line}: a migration cannot run this: ${refusal.reason}`,
    { hint: refusal.hint, details: { file, line } },
  );
}

function refusalOf(node: Node): Refusal | undefined {
  if ("TransactionStmt" in node) return transactionControl;
  if ("DiscardStmt" in node && node.DiscardStmt.target === "DISCARD_ALL") return discardAll;
  if ("DeallocateStmt" in node && node.DeallocateStmt.name === undefined) return deallocateAll;
  if ("CopyStmt" in node) {
    return node.CopyStmt.filename === undefined && node.CopyStmt.is_program !== true ? copyData : undefined;
  }
  if ("IndexStmt" in node && node.IndexStmt.concurrent === true && node.IndexStmt.idxname === undefined) {
    return unnamedIndex;
  }
  return givesBackLocks(node) ? unlock : undefined;
}

// A function that is only created gives back nothing; what it does when it is called is seen at the file's end.
function givesBackLocks(node: Node): boolean {
  if ("CreateFunctionStmt" in node) return false;
  return calledFunctions(node).some((name) => name.startsWith("pg_advisory_unlock"));
}
