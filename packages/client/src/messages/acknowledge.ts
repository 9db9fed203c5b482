import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import type { Receipt } from "./received-message.ts";
import { settleDeliveries } from "./settle-deliveries.ts";

/** Says that messages are dealt with. See `Messages.acknowledge`. */
export async function acknowledge(
  on: Executor,
  receipts: Receipt | readonly Receipt[],
  options?: QueryOptions,
): Promise<void> {
  await settleDeliveries(on, receipts, processed, options);
}

const processed = {
  set: sql.fragment`settled_at = pg_catalog.statement_timestamp(), outcome = 'processed', reason = NULL`,
  isDone: sql.fragment`held.outcome = 'processed'`,
  log: sql.fragment`processed_at = pg_catalog.statement_timestamp()`,
};
