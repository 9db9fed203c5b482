import type { SqlStatement } from "../statements/sql-statement.ts";

/** Where in a file something went wrong. `statement` is undefined for the record and COMMIT. */
export class StatementFailure extends Error {
  override readonly name = "StatementFailure";
  readonly statement: SqlStatement | undefined;
  /** Characters that were sent in front of the statement, by which the server's position is off. */
  readonly prefixLength: number;

  constructor(statement: SqlStatement | undefined, prefixLength: number, cause: unknown) {
    super("statement failed", { cause });
    this.statement = statement;
    this.prefixLength = prefixLength;
  }
}

/** Runs `work` and says of its failure at which statement it happened. */
export async function guardStatement(
  statement: SqlStatement | undefined,
  prefixLength: number,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof StatementFailure ? error : new StatementFailure(statement, prefixLength, error);
  }
}
