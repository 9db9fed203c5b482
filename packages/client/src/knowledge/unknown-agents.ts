import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

/** The error for facts whose source agents are not all there, naming those; undefined when they are. */
export async function unknownAgents(
  on: Executor,
  agentIds: readonly string[],
  options?: QueryOptions,
): Promise<ClientError | undefined> {
  if (agentIds.length === 0) return undefined;
  const missing = await on.write.anyFirst(missingOf(agentIds), options);
  if (missing.length === 0) return undefined;
  const [first, ...others] = missing;
  return new ClientError(
    "NOT_FOUND",
    `the source agent ${first} does not exist${others.length > 0 ? `, nor do ${others.length} others` : ""}`,
    { hint: "Register the agent before its facts, or leave the source out.", details: { agentIds: missing } },
  );
}

const missingOf = (agentIds: readonly string[]) => sql.type(z.object({ agentId: z.string() }))`
  SELECT DISTINCT given.agent_id AS "agentId"
  FROM unnest(${sql.array(agentIds, "uuid")}) AS given (agent_id)
  WHERE NOT EXISTS (SELECT FROM agents.registry AS r WHERE r.agent_id = given.agent_id)
  ORDER BY 1
`;
