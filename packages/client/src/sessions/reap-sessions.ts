import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

/** Deletes expired sessions. See `Sessions.reap`. */
export async function reapSessions(on: Executor, limit = 1000, options?: QueryOptions): Promise<number> {
  const most = parseInput(z.int().min(1).max(1_000_000), limit, "the limit");
  return await on.write.oneFirst(
    sql.type(z.object({ count: z.int() }))`SELECT sessions.reap_expired(${most}) AS count`,
    options,
  );
}
