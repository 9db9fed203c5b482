import pg from "pg";
import type { WireValue } from "../statement/encode-values.ts";
import { type FieldDescription, type RowShape, rowShape } from "./row-shape.ts";

/** What is sent: a text, and the name under which the server shall keep it. */
export interface SentStatement {
  readonly text: string;
  /** Empty: the server forgets the statement after it ran. */
  readonly name: string;
  readonly values: readonly WireValue[];
}

/** What a session remembers about the statements that its server keeps. */
export interface KeptStatements {
  readonly shapes: ReadonlyMap<string, RowShape>;
  keepName(name: string, shape: RowShape): void;
  doubtName(name: string): void;
  namesToClose(name: string): readonly string[];
  onceReadyOrGone(then: () => void): void;
}

/**
 * One statement on its way through a session: pg hands it the server's messages.
 *
 * It is settled when the server is ready for the next statement, or when the connection is gone, never before: an
 * answer is final only when the server's own end of the statement is known, and so is the transaction's state.
 */
export class StatementRun {
  readonly rows: Record<string, unknown>[] = [];
  /** The server's word for what it did: `INSERT 0 1`. */
  command = "";
  /** What went wrong: the server's refusal, or the loss of the connection. */
  failure: Error | undefined;
  /** Whether it went out to the server. */
  sent = false;
  /** Whether the server answered: it said that it is done, or that it refuses. */
  answered = false;
  /** Whether a statement that the server had under this name was used. */
  reusedName = false;

  readonly #session: KeptStatements;
  readonly #statement: SentStatement;
  readonly #settled: () => void;
  #shape: RowShape | undefined;

  constructor(session: KeptStatements, statement: SentStatement, settled: () => void) {
    this.#session = session;
    this.#statement = statement;
    this.#settled = settled;
  }

  /** Rows that were returned or changed. */
  get rowCount(): number {
    const count = Number(this.command.slice(this.command.lastIndexOf(" ") + 1));
    return Number.isNaN(count) ? 0 : count;
  }

  submit(connection: pg.Connection): null {
    const { text, name, values } = this.#statement;
    const { stream } = connection;
    this.sent = stream.writable;
    this.#shape = name === "" ? undefined : this.#session.shapes.get(name);
    this.reusedName = this.#shape !== undefined;
    stream.cork();
    try {
      if (this.#shape === undefined) this.#parse(connection, text, name);
      connection.bind({ portal: "", statement: name, values: [...values] }, true);
      // The rows of a kept statement have the shape that was described first: else the server refuses to run it.
      if (this.#shape === undefined) connection.describe({ type: "P", name: "" }, true);
      connection.execute({ portal: "" }, true);
      connection.sync();
    } finally {
      stream.uncork();
    }
    return null;
  }

  handleRowDescription({ fields }: { readonly fields: readonly FieldDescription[] }): void {
    this.#shape = rowShape(fields);
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.failure !== undefined || this.#shape === undefined) return;
    try {
      this.rows.push(this.#shape.read(fields));
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.command = text;
  }

  handleEmptyQuery(): void {
    this.command = "";
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: pg.Connection): void {
    refuseCopy(connection);
  }

  handleCopyData(): void {}

  handleReadyForQuery(): void {
    this.answered = true;
    const { name } = this.#statement;
    if (name !== "" && !this.reusedName) this.#session.keepName(name, this.#shape ?? rowShape([]));
    this.#settled();
  }

  handleError(error: Error): void {
    this.failure = error;
    if (!(error instanceof pg.DatabaseError)) {
      this.#settled();
      return;
    }
    this.answered = true;
    if (this.#statement.name !== "") this.#session.doubtName(this.#statement.name);
    this.#session.onceReadyOrGone(this.#settled);
  }

  #parse(connection: pg.Connection, text: string, name: string): void {
    for (const old of this.#session.namesToClose(name)) connection.close({ type: "S", name: old }, true);
    connection.parse({ text, name, types: [] }, true);
  }
}

function refuseCopy(connection: pg.Connection): void {
  // pg's types leave this method out.
  if ("sendCopyFail" in connection && typeof connection.sendCopyFail === "function")
    connection.sendCopyFail("COPY is not a statement that returns rows");
}
