import { z } from "zod";

/** A node of a plan, as EXPLAIN (FORMAT JSON) gives it. What differs from version to version is kept as it is. */
export interface PlanNode {
  readonly "Node Type": string;
  readonly Plans?: readonly PlanNode[] | undefined;
  readonly [key: string]: unknown;
}

const planNode: z.ZodType<PlanNode> = z.looseObject({
  "Node Type": z.string(),
  get Plans(): z.ZodOptional<z.ZodArray<z.ZodType<PlanNode>>> {
    return z.array(planNode).optional();
  },
});

/** Parses what EXPLAIN (FORMAT JSON) gives for one statement. */
export const plannedStatement = z.tuple([z.looseObject({ Plan: planNode })]);

/** What EXPLAIN (FORMAT JSON) gives for one statement. */
export type PlannedStatement = z.output<typeof plannedStatement>;
