import { z } from "zod";

const node = z.looseObject({
  "Node Type": z.string(),
  "Total Cost": z.number(),
  "Plan Rows": z.number(),
  "Relation Name": z.string().optional(),
  "Index Name": z.string().optional(),
  get Plans(): z.ZodOptional<z.ZodArray<z.ZodType<PlanNode>>> {
    return z.array(node as unknown as z.ZodType<PlanNode>).optional();
  },
});

/** A node of a plan, as far as advice looks at it. */
export interface PlanNode {
  readonly "Node Type": string;
  readonly "Total Cost": number;
  readonly "Plan Rows": number;
  readonly "Relation Name"?: string | undefined;
  readonly "Index Name"?: string | undefined;
  readonly Plans?: readonly PlanNode[] | undefined;
}

/** A plan as EXPLAIN (FORMAT JSON) gives it. */
export const explainedPlan = z.array(z.object({ Plan: node })).min(1);

/** All nodes of a plan, the outermost first. */
export function planNodes(plan: PlanNode): readonly PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(planNodes)];
}
