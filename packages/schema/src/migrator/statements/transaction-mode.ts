import { MigrationError } from "../errors/migration-error.ts";
import type { SqlStatement } from "./sql-statement.ts";

/** How the runner runs a file: all of it in one transaction, or statement by statement without one. */
export type TransactionMode = "transaction" | "statements";

/**
 * How the runner will run a file. A file runs without a transaction when all its statements demand that; `SET`
 * may stand before them. A mixture is refused, since a failure in its middle could be neither undone nor
 * repeated.
 *
 * @throws {MigrationError} MIGRATION_MIXED, naming the statements to move to a file of their own
 */
export function transactionMode(statements: readonly SqlStatement[], fileName: string): TransactionMode {
  const outside = statements.filter((statement) => !statement.transactional);
  const inside = statements.filter(
    (statement) => statement.transactional && statement.tag !== "VariableSetStmt",
  );
  if (outside.length === 0) return "transaction";
  if (inside.length === 0) return "statements";
  throw mixed(fileName, outside, inside);
}

function mixed(
  file: string,
  outside: readonly SqlStatement[],
  inside: readonly SqlStatement[],
): MigrationError {
  const lines = (statements: readonly SqlStatement[]) =>
    statements.map((statement) => statement.line).join(", ");
  return new MigrationError(
    "MIGRATION_MIXED",
    `${file} mixes statements that cannot run in a transaction (line ${lines(outside)}) with statements that need one (line ${lines(inside)})`,
    {
      hint: `Move line ${lines(outside)} to a migration file of its own, with the next number.`,
      details: {
        file,
        outsideLines: outside.map(({ line }) => line),
        insideLines: inside.map(({ line }) => line),
      },
    },
  );
}
