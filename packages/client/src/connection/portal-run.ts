import type pg from "pg";
import type { WireValue } from "../statement/encode-values.ts";
import { Exchange } from "./exchange.ts";
import type { RowShape } from "./row-shape.ts";
import type { KeptStatements } from "./statement-run.ts";

/** What is done with a portal: a statement that returns its rows piece by piece, in a transaction. */
export type PortalStep =
  | {
      readonly do: "open";
      readonly text: string;
      readonly values: readonly WireValue[];
      readonly rows: number;
    }
  | { readonly do: "fetch"; readonly shape: RowShape | undefined; readonly rows: number }
  | { readonly do: "close" };

/** One step with a portal. */
export class PortalRun extends Exchange {
  readonly #kept: Pick<KeptStatements, "onceReadyOrGone">;
  readonly #portal: string;
  readonly #step: PortalStep;

  constructor(
    kept: Pick<KeptStatements, "onceReadyOrGone">,
    portal: string,
    step: PortalStep,
    settled: (exchange: Exchange) => void,
  ) {
    super(settled);
    this.#kept = kept;
    this.#portal = portal;
    this.#step = step;
  }

  protected override send(connection: pg.Connection): void {
    const portal = this.#portal;
    const step = this.#step;
    if (step.do === "close") connection.close({ type: "P", name: portal }, true);
    if (step.do === "open") {
      connection.parse({ text: step.text, name: "", types: [] }, true);
      connection.bind({ portal, statement: "", values: [...step.values] }, true);
      connection.describe({ type: "P", name: portal }, true);
    }
    if (step.do === "fetch") this.shape = step.shape;
    // pg's types want text for a number that is sent as one.
    if (step.do !== "close") connection.execute({ portal, rows: step.rows as unknown as string }, true);
    connection.sync();
  }

  protected override onceReadyOrGone(then: () => void): void {
    this.#kept.onceReadyOrGone(then);
  }
}
