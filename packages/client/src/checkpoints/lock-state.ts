import { z } from "zod";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import { sql } from "../statement/sql.ts";

const nothing = z.object({});

/**
 * Keeps the whole state of an agent as it is until the transaction ends.
 *
 * Two statements, in this order. The first waits for everyone who is writing state of the agent, and lets no one begin:
 * our writers take the weaker lock of the same row first, and an INSERT by anyone takes it for its foreign key. The
 * second, which sees what those have committed, holds the rows against an UPDATE by others.
 */
export async function lockState(on: Queryable, agentId: string, options?: QueryOptions): Promise<void> {
  await on.query(
    sql.type(nothing)`SELECT FROM agents.registry AS r WHERE r.agent_id = ${agentId} FOR UPDATE OF r`,
    options,
  );
  await on.query(
    sql.type(nothing)`
      SELECT pg_catalog.count(*) FROM (
        SELECT FROM agents.state AS s WHERE s.agent_id = ${agentId} ORDER BY s.state_key FOR UPDATE OF s
      ) AS locked`,
    options,
  );
}
