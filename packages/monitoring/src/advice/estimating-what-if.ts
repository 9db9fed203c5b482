import { estimateSize } from "./estimate-scan.ts";
import { estimatedCost, type PlannedStatement } from "./estimated-gain.ts";
import { genericPlan } from "./generic-plan.ts";
import type { WhatIfSource } from "./hypopg-what-if.ts";
import type { WhatIf } from "./what-if.ts";

/** Estimates what indexes would give from the plans that there are now, for where the planner cannot be asked. */
export function estimatingWhatIf({ on, settings, rootOf, options }: WhatIfSource): WhatIf {
  const plans = new Map<string, PlannedStatement>();
  return {
    validates: () => false,
    sizeOf: async (one) => estimateSize(one),
    costOf: async (statement, candidates) => {
      const known = plans.get(statement.plannedText);
      const planned = known ?? { plan: await genericPlan(on, statement.plannedText, options), rootOf };
      plans.set(statement.plannedText, planned);
      return estimatedCost(statement, planned, candidates, settings);
    },
  };
}
