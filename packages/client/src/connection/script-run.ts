import type pg from "pg";
import { Exchange } from "./exchange.ts";
import type { KeptStatements } from "./statement-run.ts";

/** Statements of our own without parameters, like BEGIN: one message, several statements if need be. */
export class ScriptRun extends Exchange {
  readonly #kept: Pick<KeptStatements, "onceReadyOrGone">;
  readonly #text: string;

  constructor(
    kept: Pick<KeptStatements, "onceReadyOrGone">,
    text: string,
    settled: (exchange: Exchange) => void,
  ) {
    super(settled);
    this.#kept = kept;
    this.#text = text;
  }

  protected override send(connection: pg.Connection): void {
    connection.query(this.#text);
  }

  protected override onceReadyOrGone(then: () => void): void {
    this.#kept.onceReadyOrGone(then);
  }
}
