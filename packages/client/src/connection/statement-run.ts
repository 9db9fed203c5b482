import type pg from "pg";
import type { WireValue } from "../statement/encode-values.ts";
import { Exchange } from "./exchange.ts";
import { type RowShape, rowShape } from "./row-shape.ts";

/** What a session remembers about the statements that its server keeps. */
export interface KeptStatements {
  readonly shapes: ReadonlyMap<string, RowShape>;
  keepName(name: string, shape: RowShape): void;
  doubtName(name: string): void;
  namesToClose(name: string): readonly string[];
  onceReadyOrGone(then: () => void): void;
}

/** A statement with its parameters. */
export interface SentStatement {
  readonly text: string;
  /** The name under which the server shall keep it; empty: it forgets the statement after it ran. */
  readonly name: string;
  readonly values: readonly WireValue[];
}

/** One statement that returns all its rows. */
export class StatementRun extends Exchange {
  /** Whether a statement that the server had under this name was used. */
  reusedName = false;
  readonly #kept: KeptStatements;
  readonly #statement: SentStatement;

  constructor(kept: KeptStatements, statement: SentStatement, settled: (exchange: Exchange) => void) {
    super(settled);
    this.#kept = kept;
    this.#statement = statement;
  }

  protected override send(connection: pg.Connection): void {
    const { text, name, values } = this.#statement;
    this.shape = name === "" ? undefined : this.#kept.shapes.get(name);
    this.reusedName = this.shape !== undefined;
    if (!this.reusedName) {
      for (const old of this.#kept.namesToClose(name)) connection.close({ type: "S", name: old }, true);
      connection.parse({ text, name, types: [] }, true);
    }
    connection.bind({ portal: "", statement: name, values: [...values] }, true);
    // The rows of a kept statement have the shape that was described first: else the server refuses to run it.
    if (!this.reusedName) connection.describe({ type: "P", name: "" }, true);
    connection.execute({ portal: "" }, true);
    connection.sync();
  }

  protected override succeeded(): void {
    const { name } = this.#statement;
    if (name !== "" && !this.reusedName) this.#kept.keepName(name, this.shape ?? rowShape([]));
  }

  protected override onceReadyOrGone(then: () => void): void {
    if (this.#statement.name !== "") this.#kept.doubtName(this.#statement.name);
    this.#kept.onceReadyOrGone(then);
  }
}
