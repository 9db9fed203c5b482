import { z } from "zod";
import { type Executor, sql } from "../../src/index.ts";

/** Registers one agent for each type and returns their identifiers in that order. */
export async function registerAgents(on: Executor, types: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const type of types) {
    const id = await on.write.oneFirst(
      sql.type(z.object({ id: z.string() }))`
        INSERT INTO agents.registry (agent_type, agent_name, status) VALUES (${type}, ${type}, 'active')
        RETURNING agent_id AS id
      `,
    );
    ids.push(id);
  }
  return ids;
}
