import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import { violatedConstraint } from "../errors/violated-constraint.ts";
import type { Executor } from "../executor/executor.ts";
import { isTransaction } from "../executor/is-transaction.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

/** Removes an agent that nothing refers to; see {@link Agents.remove}. */
export async function removeAgent(on: Executor, agentId: string, options?: QueryOptions): Promise<boolean> {
  const id = parseInput(z.guid(), agentId, "the agent to remove");
  const statement = sql.type(z.object({}))`DELETE FROM agents.registry AS a WHERE a.agent_id = ${id}`;
  try {
    // What refers to it the server alone knows, tables of the application included: its refusal is undone by itself.
    // A transaction that sees the past would not see what the agent works on.
    const { rowCount } = await on.transaction(({ write }) => write.query(statement, options), {
      ...options,
      ...(isTransaction(on) ? {} : { isolation: "read committed" }),
    });
    return rowCount > 0;
  } catch (error) {
    const violated = violatedConstraint(error);
    if (violated === null) throw error;
    const where = violated.table ?? "another table";
    throw new ClientError("IN_USE", `agent ${id} cannot be removed: rows of ${where} refer to it`, {
      cause: error,
      hint: "Terminate it instead, or remove those rows first.",
      details: { agentId: id, table: violated.table ?? null, constraint: violated.constraint ?? null },
    });
  }
}
