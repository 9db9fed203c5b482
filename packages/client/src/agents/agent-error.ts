import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { violatedConstraint } from "../errors/violated-constraint.ts";
import type { Executor } from "../executor/executor.ts";
import { isTransaction } from "../executor/is-transaction.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

/** The agent is not registered. */
export function noSuchAgent(agentId: string, part = ""): ClientError {
  return new ClientError("NOT_FOUND", `no agent ${agentId}${part}`, {
    hint: "Register the agent first, or look for its identifier with `agents.find`.",
    details: { agentId },
  });
}

/**
 * Runs a statement that names other agents, and says which of them is not registered.
 *
 * @throws ClientError `NOT_FOUND` when a foreign key refused an agent
 */
export async function naming<Result>(
  agents: { readonly parent?: readonly string[]; readonly triggeredBy?: string | undefined },
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    const constraint = violatedConstraint(error)?.constraint;
    if (constraint === "lifecycle_events_triggered_by_fkey" && agents.triggeredBy !== undefined)
      throw missing("the agent that triggered it", [agents.triggeredBy], error);
    if (constraint === "registry_parent_agent_id_fkey" && agents.parent !== undefined)
      throw missing("the parent", agents.parent, error);
    throw error;
  }
}

/**
 * Refuses agents that are not registered before a statement that names them, within a transaction: it would be undone with
 * the statement. What is there can then not be removed until the transaction ends.
 *
 * @throws ClientError `NOT_FOUND`
 */
export async function refuseUnknown(
  on: Executor,
  agents: { readonly parents?: readonly string[]; readonly triggeredBy: readonly (string | undefined)[] },
  options?: QueryOptions,
): Promise<void> {
  if (!isTransaction(on)) return;
  const triggers = agents.triggeredBy.flatMap((id) => id?.toLowerCase() ?? []);
  const named = [...(agents.parents ?? []).map((id) => id.toLowerCase()), ...triggers];
  if (named.length === 0) return;
  const known = await on.write.anyFirst(
    sql.type(z.object({ agentId: z.string() }))`
      SELECT a.agent_id AS "agentId" FROM agents.registry AS a
      WHERE a.agent_id = ANY (${sql.array(named, "uuid")})
      ORDER BY a.agent_id
      FOR KEY SHARE`,
    options,
  );
  const there = new Set(known);
  const unknown = named.find((id) => !there.has(id));
  if (unknown === undefined) return;
  throw missing(triggers.includes(unknown) ? "the agent that triggered it" : "the parent", [unknown]);
}

function missing(role: string, agentIds: readonly string[], cause?: unknown): ClientError {
  const which = agentIds.length === 1 ? "" : "one of ";
  return new ClientError("NOT_FOUND", `${role} is not registered: ${which}${agentIds.join(", ")}`, {
    cause,
    hint: "Register it first.",
    details: { agentIds },
  });
}
