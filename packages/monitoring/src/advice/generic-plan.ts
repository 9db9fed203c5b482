import { type Queryable, type QueryOptions, sql } from "@mister-smith/client";
import { z } from "zod";
import { explainedPlan, type PlanNode } from "./plan-nodes.ts";

const answer = z.object({ plan: z.unknown() });

/**
 * The plan of a statement whatever its parameters are. It is not executed.
 *
 * @throws DatabaseError when the server cannot plan it
 */
export async function genericPlan(on: Queryable, text: string, options: QueryOptions): Promise<PlanNode> {
  const { plan } = await on.one(sql.type(answer)`SELECT monitoring.generic_plan(${text}) AS plan`, options);
  const [first] = explainedPlan.parse(plan);
  if (first === undefined) throw new TypeError("EXPLAIN gave no plan");
  return first.Plan;
}
