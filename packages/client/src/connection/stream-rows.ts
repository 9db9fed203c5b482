import type { z } from "zod";
import type { QueryOptions } from "../queryable/query-options.ts";
import { encodeValues, type WireValue } from "../statement/encode-values.ts";
import { parseRows } from "../statement/parse-rows.ts";
import type { PreparedText } from "../statement/prepared-text.ts";
import type { Statement } from "../statement/statement.ts";
import { boundedRows } from "./bounded-rows.ts";
import { type Call, type CallBounds, startCall } from "./call.ts";
import { CallGroup } from "./call-group.ts";
import type { Exchange } from "./exchange.ts";
import { exchangeCancellably, failureOf, markEffect } from "./execute.ts";
import { PortalRun, type PortalStep } from "./portal-run.ts";
import type { Session } from "./session.ts";

/** Rows that are fetched at once. */
const batchRows = 200;

/** What a stream needs of its connection. */
export interface StreamConnection {
  readonly session: Session;
  /** Whether it was given back: then the session may be another's. */
  readonly ended: boolean;
  readonly policy: { readonly callTimeoutMs: number; readonly afterBegin: string };
  control(
    script: string,
    options: { readonly harmless: boolean; readonly bounds: CallBounds | undefined },
  ): Promise<Exchange>;
  rollBack(): Promise<void>;
  inTurn<Result>(call: Call, work: () => Promise<Result>, calls: CallGroup | undefined): Promise<Result>;
  /** Lets no other statement in while the rows are read. */
  alone<Row>(rows: () => AsyncGenerator<Row, void, undefined>): AsyncGenerator<Row, void, undefined>;
}

/** A statement whose rows are to be streamed. */
export interface RowStream<Row extends z.ZodType> {
  readonly statement: Statement<Row>;
  readonly prepared: PreparedText;
  readonly options: QueryOptions | undefined;
  /** Takes in the calls of its steps. */
  readonly calls: CallGroup | undefined;
  /** It changes nothing, by the caller's word. */
  readonly reads: boolean;
}

let portals = 0;

/**
 * The rows of a statement, fetched as they are taken, at most {@link batchRows} of them held here. It needs a
 * transaction, and makes one where there is none: a stream that is not read to its end is undone. When its time is
 * over or its signal says so, it is ended on the server, whether or not anybody asks for the next row.
 */
export function streamRows<Row extends z.ZodType>(
  lent: StreamConnection,
  asked: RowStream<Row>,
): AsyncGenerator<z.output<Row>, void, undefined> {
  const values = encodeValues(asked.statement.values);
  return boundedRows(asked.options, (whole, options) => rowsOf(lent, { ...asked, options, whole, values }));
}

/** A stream that has begun. */
interface Running<Row extends z.ZodType> extends RowStream<Row> {
  readonly whole: Call;
  readonly values: readonly WireValue[];
}

// Decided at the first row: by then a BEGIN may have run.
async function* rowsOf<Row extends z.ZodType>(
  lent: StreamConnection,
  stream: Running<Row>,
): AsyncGenerator<z.output<Row>, void, undefined> {
  if (lent.session.inTransaction) yield* portalRows(lent, stream);
  else yield* lent.alone(() => inOwnTransaction(lent, stream));
}

async function* inOwnTransaction<Row extends z.ZodType>(
  lent: StreamConnection,
  stream: Running<Row>,
): AsyncGenerator<z.output<Row>, void, undefined> {
  try {
    await lent.control(`BEGIN; ${lent.policy.afterBegin}`, { harmless: true, bounds: stream.options });
    yield* portalRows(lent, stream);
    if (lent.session.inTransaction)
      await lent.control("COMMIT", {
        harmless: stream.reads,
        bounds: stream.options,
      });
  } finally {
    if (!lent.ended && lent.session.inTransaction) await lent.rollBack();
  }
}

async function* portalRows<Row extends z.ZodType>(
  lent: StreamConnection,
  { statement, prepared, values, whole, calls }: Running<Row>,
): AsyncGenerator<z.output<Row>, void, undefined> {
  portals += 1;
  const portal = `smith_${portals}`;
  const rows = batchRows;
  let open = false;
  try {
    markEffect(lent.session, prepared);
    let done = await step(lent, portal, { do: "open", text: prepared.text, values, rows }, whole, calls);
    open = true;
    for (let count = 0; ; count += done.rows.length) {
      yield* parseRows(statement, done.rows, count);
      if (!done.suspended) break;
      done = await step(lent, portal, { do: "fetch", shape: done.shape, rows }, whole, calls);
    }
  } finally {
    if (open && !lent.ended && lent.session.lost === undefined && lent.session.getTransactionStatus() === "T")
      await step(lent, portal, { do: "close" }, undefined, new CallGroup());
  }
}

async function step(
  lent: StreamConnection,
  portal: string,
  what: PortalStep,
  whole: Call | undefined,
  calls: CallGroup | undefined,
): Promise<Exchange> {
  const call = startCall(undefined, lent.policy.callTimeoutMs);
  if (whole !== undefined) whole.onEnd = (why) => call.end(why);
  if (whole?.ended !== undefined) call.end(whole.ended);
  const work = async () => {
    const done = await exchangeCancellably(
      lent.session,
      call,
      (settled) => new PortalRun(lent.session, portal, what, settled),
    );
    if (done.failure === undefined) return done;
    // All is in a transaction that has not ended.
    throw failureOf(lent.session, done, call, { harmless: true, idempotent: false });
  };
  try {
    return await lent.inTurn(call, work, calls);
  } finally {
    if (whole !== undefined) whole.onEnd = undefined;
  }
}
