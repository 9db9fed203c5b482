import pg from "pg";
import { type FieldDescription, type RowShape, rowShape } from "./row-shape.ts";

/**
 * One exchange with the server: what is sent, and all that comes back until the server is ready for the next.
 *
 * It is settled when the server is ready again, or when the connection is gone, never before: only then is the
 * answer final, and the transaction's state known.
 */
export abstract class Exchange {
  readonly rows: Record<string, unknown>[] = [];
  /** The server's word for what it did: `INSERT 0 1`. */
  command = "";
  /** What went wrong: the server's refusal, a value that cannot be read, or the loss of the connection. */
  failure: Error | undefined;
  /** Whether it went out to the server. */
  sent = false;
  /** Whether the server answered: it said that it is done, or that it refuses. */
  answered = false;
  /** Whether there are more rows to be fetched. */
  suspended = false;
  /** How rows are read. */
  shape: RowShape | undefined;

  readonly #settled: (exchange: Exchange) => void;

  constructor(settled: (exchange: Exchange) => void) {
    this.#settled = settled;
  }

  /** Rows that were returned or changed. */
  get rowCount(): number {
    const count = Number(this.command.slice(this.command.lastIndexOf(" ") + 1));
    return Number.isNaN(count) ? 0 : count;
  }

  /** Writes its messages; together they are one piece for the network. */
  protected abstract send(connection: pg.Connection): void;

  /** The server has done it. */
  protected succeeded(): void {}

  /** Waits until the server is ready again after it refused. */
  protected abstract onceReadyOrGone(then: () => void): void;

  submit(connection: pg.Connection): null {
    const { stream } = connection;
    this.sent = stream.writable;
    stream.cork();
    try {
      this.send(connection);
    } catch (error) {
      // Half of it may be on its way: the server and we no longer agree on what comes next.
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    } finally {
      stream.uncork();
    }
    return null;
  }

  handleRowDescription({ fields }: { readonly fields: readonly FieldDescription[] }): void {
    this.shape = rowShape(fields);
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.failure !== undefined || this.shape === undefined) return;
    try {
      this.rows.push(this.shape.read(fields));
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.command = text;
  }

  handlePortalSuspended(): void {
    this.suspended = true;
  }

  handleEmptyQuery(): void {}

  handleCopyInResponse(connection: pg.Connection): void {
    // pg's types leave this method out.
    if ("sendCopyFail" in connection && typeof connection.sendCopyFail === "function")
      connection.sendCopyFail("COPY needs a connection of its own");
    // The server ignored the first one, since it waited for rows.
    connection.sync();
  }

  handleCopyData(): void {}

  handleReadyForQuery(): void {
    this.answered = true;
    this.succeeded();
    this.#settled(this);
  }

  handleError(error: Error): void {
    this.failure = error;
    if (!(error instanceof pg.DatabaseError)) {
      this.#settled(this);
      return;
    }
    this.answered = true;
    this.onceReadyOrGone(() => this.#settled(this));
  }
}
