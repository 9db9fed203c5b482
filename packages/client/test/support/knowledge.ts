import { z } from "zod";
import { type Executor, type FactContent, type NewFact, type Statement, sql } from "../../src/index.ts";

let count = 0;

/** An entity that no other test knows. */
export function someEntity() {
  count += 1;
  return { entityType: "test", entityId: `entity ${count}` };
}

/** What a fact says where that does not matter. */
export function saying(
  objectValue: FactContent["objectValue"],
  more: Partial<FactContent> = {},
): FactContent {
  return { objectValue, ...more };
}

/** A fact about a new entity. */
export function someFact(more: Partial<NewFact> = {}): NewFact {
  return { ...someEntity(), predicate: "is", objectValue: 1, ...more };
}

/** An agent that facts may come from. */
export async function someAgent(on: Executor): Promise<string> {
  return await on.write.oneFirst(sql.type(z.object({ agentId: z.string() }))`
    INSERT INTO agents.registry (agent_type, agent_name) VALUES ('tester', 'tester') RETURNING agent_id AS "agentId"
  `);
}

/** How the server runs a statement. */
export async function planOf(on: Executor, statement: Statement): Promise<string> {
  const plan = await on.read.anyFirst(sql.type(z.object({ "QUERY PLAN": z.string() }))`EXPLAIN ${statement}`);
  return plan.join("\n");
}
