import type { IndexCandidate } from "./candidate.ts";
import type { CostSettings } from "./cost-settings.ts";
import { estimateScan } from "./estimate-scan.ts";
import { type PlanNode, planNodes } from "./plan-nodes.ts";
import type { WhatIfCost, WorkloadStatement } from "./what-if.ts";

/** A plan without the candidates, and the table that each name in it is, or is a part of. */
export interface PlannedStatement {
  readonly plan: PlanNode;
  readonly rootOf: ReadonlyMap<string, number>;
}

/** The ways to come to the rows of a table. */
const scans: ReadonlySet<string> = new Set(["Seq Scan", "Bitmap Heap Scan", "Index Scan", "Index Only Scan"]);

/** What a statement would cost if it came to its rows through candidates where its plan comes to them at a higher cost. */
export function estimatedCost(
  { use }: WorkloadStatement,
  { plan, rootOf }: PlannedStatement,
  candidates: readonly IndexCandidate[],
  settings: CostSettings,
): WhatIfCost {
  let cost = plan["Total Cost"];
  const used = new Set<string>();
  for (const table of new Set(candidates.map((one) => one.table))) {
    const whole = planNodes(plan)
      .filter((node) => scans.has(node["Node Type"]) && rootOf.get(node["Relation Name"] ?? "") === table.oid)
      .reduce((sum, node) => sum + node["Total Cost"], 0);
    if (whole === 0) continue;
    const [best] = candidates
      .filter((one) => one.table === table)
      .flatMap((one) =>
        use.accesses
          .filter((access) => access.table === table && helps(access, one))
          .map((access) => ({ one, gain: whole - estimateScan(access, one, settings) })),
      )
      .toSorted((a, b) => b.gain - a.gain || (a.one.id < b.one.id ? -1 : 1));
    if (best === undefined || best.gain <= 0) continue;
    cost -= Math.min(best.gain, whole);
    used.add(best.one.id);
  }
  return { cost: Math.max(0, cost), used };
}

/** Whether an index could find the rows of an access: by its first key, and having all rows that are wanted. */
export function helps(access: WorkloadStatement["use"]["accesses"][number], one: IndexCandidate): boolean {
  const [first] = one.keys;
  const has = (keys: readonly { readonly canonical: string }[]) =>
    keys.some(({ canonical }) => canonical === first?.canonical);
  const isWanted = one.method === "gin" ? has(access.contained) : has(access.equal) || has(access.range);
  return (
    isWanted &&
    one.predicates.every((predicate) =>
      access.predicates.some(({ canonical }) => canonical === predicate.canonical),
    )
  );
}
