import type { Plan } from "./plan.ts";

/** How many steps a run has. */
export function stepsOf({ beats }: Pick<Plan, "beats">): number {
  return beats.filter(({ step }) => step !== undefined).length;
}
