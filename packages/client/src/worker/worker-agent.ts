import { z } from "zod";
import { registerAgent } from "../agents/register-agents.ts";
import { ClientError } from "../errors/client-error.ts";
import type { Executor } from "../executor/executor.ts";
import { sql } from "../statement/sql.ts";
import type { WorkerSettings } from "./worker-options.ts";

const found = z.object({ agentId: z.string(), status: z.string() });

/** The id of the agent for whom a worker works, registered if need be. */
export async function workerAgent(on: Executor, agent: WorkerSettings["agent"]): Promise<string> {
  if ("agentId" in agent) return await knownAgent(on, agent.agentId);
  const { agentType, agentName } = agent;
  return await on.transaction(async (tx) => {
    // One after the other: those who start at once find the agent that the first of them registers.
    await tx.write.query(lockName(agentType, agentName));
    return (
      (await agentOfName(tx, agentType, agentName)) ??
      (await registerAgent(tx, { agentType, agentName, status: "active" })).agentId
    );
  });
}

function lockName(agentType: string, agentName: string) {
  const name = JSON.stringify(["mister-smith worker", agentType, agentName]);
  return sql.type(z.object({}))`
    SELECT FROM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(${name}, 0))`;
}

async function agentOfName(on: Executor, agentType: string, agentName: string): Promise<string | undefined> {
  const known = await on.write.maybeOne(
    sql.type(found)`
      SELECT a.agent_id AS "agentId", a.status AS "status" FROM agents.registry AS a
      WHERE a.agent_type = ${agentType} AND a.agent_name = ${agentName} AND a.status <> 'terminated'
      ORDER BY a.created_at, a.agent_id
      LIMIT 1
    `,
  );
  return known?.agentId;
}

async function knownAgent(on: Executor, agentId: string): Promise<string> {
  const agent = await on.write.maybeOne(
    sql.type(found)`
      SELECT a.agent_id AS "agentId", a.status AS "status" FROM agents.registry AS a
      WHERE a.agent_id = ${agentId}::UUID
    `,
  );
  if (agent === null)
    throw new ClientError("NOT_FOUND", `agent ${agentId} does not exist, so no worker can work for it`, {
      hint: "Register it, or let the worker do that: give `agent` with a type and a name.",
    });
  if (agent.status === "terminated")
    throw new ClientError("WRONG_STATUS", `agent ${agentId} is terminated, so no worker can work for it`, {
      hint: "Register a new agent, or let the worker do that: give `agent` with a type and a name.",
    });
  return agent.agentId;
}
