import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

const count = z.object({ count: z.int() });
const mostRows = z.int().min(1).max(1_000_000);

/** Settles deliveries that have expired, the oldest first, at most `limit`; returns how many. */
export async function reapExpired(on: Executor, limit = 1000, options?: QueryOptions): Promise<number> {
  const most = parseInput(mostRows, limit, "the limit");
  return await on.write.oneFirst(sql.type(count)`SELECT messages.reap_expired(${most}) AS count`, options);
}

/** Deletes deliveries of messages that are older than the log keeps, at most `limit`; returns how many. */
export async function purgeDeliveries(on: Executor, limit = 10_000, options?: QueryOptions): Promise<number> {
  const most = parseInput(mostRows, limit, "the limit");
  return await on.write.oneFirst(
    sql.type(count)`SELECT messages.purge_deliveries(${most}) AS count`,
    options,
  );
}
