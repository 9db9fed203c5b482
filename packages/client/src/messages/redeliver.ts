import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

/**
 * Has dead letters delivered again, with all their attempts. Each gets a new `deliveryId`, so that no receipt from
 * before settles it. Those that have expired are not delivered, whatever is done here.
 *
 * @returns how many; fewer than given when some are not dead, or not there
 */
export async function redeliver(
  on: Executor,
  deliveryIds: readonly string[],
  options?: QueryOptions,
): Promise<number> {
  const given = parseInput(z.array(z.guid()).max(10_000), deliveryIds, "the deliveries");
  const { rowCount } = await on.write.query(
    sql.type(z.object({}))`
      UPDATE messages.deliveries AS d
      SET delivery_id = pg_catalog.gen_random_uuid(), delivery_attempts = 0, claimed_by = NULL, delivered_at = NULL,
        settled_at = NULL, outcome = NULL, reason = NULL, available_at = pg_catalog.statement_timestamp()
      WHERE d.delivery_id = ANY (${sql.array(given, "uuid")}) AND d.outcome = 'dead'
    `,
    options,
  );
  return rowCount;
}
