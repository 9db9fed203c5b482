import { type Database, sql } from "@mister-smith/client";
import { z } from "zod";
import { plannedStatement } from "../plans/planned-statement.ts";
import {
  type ExplainBounds,
  type ExplainedStatement,
  type NotExplained,
  planStatement,
} from "./plan-statement.ts";

const planned = sql.type(z.object({ plan: plannedStatement }));

/**
 * The plan of a statement as pg_stat_statements keeps it. It is not executed: PostgreSQL plans it for any parameters, in a
 * transaction that may only read and is undone. Where types are not known, it tries what they may have been.
 *
 * Text that is no single statement that can be planned, or is planned no more because a table is gone or a right is
 * lacking, is no error: the reason is returned.
 *
 * @throws ClientError or DatabaseError when the server is away, or the time is over
 */
export async function explainStatement(
  database: Pick<Database, "transaction">,
  text: string,
  bounds?: ExplainBounds,
): Promise<ExplainedStatement | NotExplained> {
  return await planStatement(
    async (asked, timeoutMs) =>
      await database.transaction(
        async (tx) => (await tx.one(planned`SELECT monitoring.generic_plan(${asked}) AS plan`)).plan,
        { readOnly: true, retries: 0, timeoutMs },
      ),
    text,
    bounds,
  );
}
