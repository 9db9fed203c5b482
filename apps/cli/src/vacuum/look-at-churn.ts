import { setTimeout } from "node:timers/promises";
import type { Database } from "@mister-smith/client";
import { churnBetween, readChurn, type TableChurn } from "@mister-smith/monitoring";
import type { Context } from "../context.ts";
import { durationText } from "../output/duration-text.ts";

/** Which tables, and over how long. */
export interface ChurnChoice {
  /** Null: all of them. */
  readonly table: string | null;
  /** Undefined: since the server counts. */
  readonly overMs: number | undefined;
}

/** More tables than a person reads. */
const mostTables = 1_000;

/** How much tables change: since the server counts, or while one waits. */
export async function lookAtChurn(
  context: Context,
  { write }: Pick<Database, "write">,
  { table, overMs }: ChurnChoice,
): Promise<readonly TableChurn[]> {
  const { statementTimeoutMs } = (await context.config()).values.database;
  const options = { limit: table === null ? mostTables : 2, timeoutMs: statementTimeoutMs, table };
  if (overMs === undefined) return churnBetween(null, await readChurn(write, options));
  const before = await readChurn(write, options);
  using _ = context.progress(`looking again in ${durationText(overMs)}`);
  await setTimeout(overMs, undefined, { signal: context.signal });
  return churnBetween(before, await readChurn(write, options));
}
