import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { textInput } from "../text/text-input.ts";
import type { Receipt } from "./received-message.ts";
import { settleDeliveries } from "./settle-deliveries.ts";

/** How messages are given back. */
export interface RequeueOptions {
  /** How long nobody gets them, in milliseconds. Default: 0. */
  readonly delayMs?: number | undefined;
  /** Why; at most 1,000 characters. */
  readonly reason?: string | undefined;
}

/** Why messages are given up. */
export interface RejectOptions {
  /** Why; at most 1,000 characters. */
  readonly reason?: string | undefined;
}

const requeueOptions = z.strictObject({
  delayMs: z.number().min(0).max(31_622_400_000).default(0),
  reason: textInput(1000).optional(),
});
const rejectOptions = z.strictObject({ reason: textInput(1000).optional() });
const leaseLength = z.number().positive().max(604_800_000);

/** Gives messages back, for another attempt. See `Messages.requeue`. */
export async function requeue(
  on: Executor,
  receipts: Receipt | readonly Receipt[],
  how: RequeueOptions = {},
  options?: QueryOptions,
): Promise<void> {
  const { delayMs, reason } = parseInput(requeueOptions, how, "the options of requeue");
  await settleDeliveries(
    on,
    receipts,
    {
      set: sql.fragment`
        available_at = pg_catalog.statement_timestamp() + ${delayMs}::DOUBLE PRECISION * INTERVAL '1 millisecond',
        reason = COALESCE(${reason ?? null}, d.reason)`,
      isDone: sql.fragment`FALSE`,
    },
    options,
  );
}

/** Gives messages up. See `Messages.reject`. */
export async function reject(
  on: Executor,
  receipts: Receipt | readonly Receipt[],
  why: RejectOptions = {},
  options?: QueryOptions,
): Promise<void> {
  const { reason } = parseInput(rejectOptions, why, "the options of reject");
  await settleDeliveries(
    on,
    receipts,
    {
      set: sql.fragment`
        settled_at = pg_catalog.statement_timestamp(), outcome = 'dead',
        reason = COALESCE(${reason ?? null}, d.reason, 'rejected')`,
      isDone: sql.fragment`held.outcome = 'dead'`,
    },
    options,
  );
}

/** Keeps messages for longer. See `Messages.extendLease`. */
export async function extendLease(
  on: Executor,
  receipts: Receipt | readonly Receipt[],
  leaseMs: number,
  options?: QueryOptions,
): Promise<void> {
  const length = parseInput(leaseLength, leaseMs, "the length of the lease");
  await settleDeliveries(
    on,
    receipts,
    {
      set: sql.fragment`
        available_at = pg_catalog.statement_timestamp() + ${length}::DOUBLE PRECISION * INTERVAL '1 millisecond'`,
      isDone: sql.fragment`FALSE`,
    },
    options,
  );
}
