import type { IndexCandidate } from "./candidate.ts";
import { helps } from "./estimated-gain.ts";
import type { WorkloadStatement } from "./what-if.ts";

/** Whether the plan of a statement could have an index: it finds its rows, or gives them in their order. */
export function isRelevant({ use }: WorkloadStatement, one: IndexCandidate): boolean {
  const [first] = one.keys;
  return use.accesses.some((access) => {
    if (access.table !== one.table) return false;
    if (helps(access, one)) return true;
    const orders =
      one.method === "btree" && access.order.some(({ canonical }) => canonical === first?.canonical);
    const has = access.predicates.map(({ canonical }) => canonical);
    return orders && one.predicates.every(({ canonical }) => has.includes(canonical));
  });
}
