import type { SqlStatement } from "../statements/sql-statement.ts";

/** A statement that runs without a transaction. */
export interface OutsideStatement {
  readonly statement: SqlStatement;
  readonly text: string;
  /** Whether an earlier run was interrupted while it ran. */
  readonly resumed: boolean;
}
