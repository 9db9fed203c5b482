import { DatabaseError } from "pg";

/** What the server says when it refuses a statement. */
export interface Refusal {
  readonly code: string | undefined;
  readonly message: string;
  readonly constraint?: string;
  readonly column?: string;
  readonly hint?: string;
}

/** Resolves with the server's refusal; undefined when the statement succeeded. Other failures are thrown. */
export async function refusalOf(statement: Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await statement;
    return undefined;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const { code, message, constraint, column, hint } = error;
    return {
      code,
      message,
      ...(constraint === undefined ? {} : { constraint }),
      ...(column === undefined ? {} : { column }),
      ...(hint === undefined ? {} : { hint }),
    };
  }
}
