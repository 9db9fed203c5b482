import type { SettledAdvice } from "./advice-options.ts";
import type { IndexCandidate } from "./candidate.ts";
import { candidatesOf } from "./candidates-of.ts";
import { type CostTable, costTable, fastEnough } from "./cost-table.ts";
import type { RecordedSince } from "./counted-changes.ts";
import type { KnownDatabase } from "./read-catalogue.ts";
import { isRelevant } from "./relevant.ts";
import { selectIndexes } from "./select-indexes.ts";
import type { WhatIf, WorkloadStatement } from "./what-if.ts";
import { writesOf } from "./write-cost.ts";

/** The indexes that were chosen, with the costs that they were chosen by. */
export interface IndexChoice {
  readonly indexes: readonly IndexCandidate[];
  readonly costs: CostTable;
  readonly budgetBytes: number;
}

// A table that is read in a moment anyway gains nothing that can be measured.
const fewestPages = 8;
const mostCandidates = 24;
const smallestBudget = 64 * 1024 * 1024;

/**
 * Finds candidates for statements and chooses among them.
 *
 * @param since since when the statements and what the tables' statistics count are on record; null where that is not known
 */
export async function chooseIndexes(
  whatIf: WhatIf,
  { settings }: KnownDatabase,
  statements: readonly WorkloadStatement[],
  since: RecordedSince | null,
  { maxKeys, minGain, budgetBytes: given }: SettledAdvice,
): Promise<IndexChoice> {
  const tables = new Set(statements.flatMap(({ use }) => use.accesses.map(({ table }) => table)));
  const pages = [...tables].reduce((sum, one) => sum + one.pages, 0);
  const budgetBytes = given ?? Math.max(smallestBudget, (pages * 8192) / 4);
  const sizes = new Map<string, number>();
  const byStatement = new Map<WorkloadStatement, readonly IndexCandidate[]>();
  const all = new Map<string, IndexCandidate>();
  const refused = new Set<string>();
  for (const statement of statements) {
    const mine = new Map<string, IndexCandidate>();
    for (const access of statement.use.accesses) {
      if (access.table.pages < fewestPages) continue;
      for (const one of candidatesOf(access, { maxKeys, maxCandidates: mostCandidates })) {
        if (refused.has(one.id)) continue;
        const size = sizes.get(one.id) ?? (await whatIf.sizeOf(one));
        if (size === null) {
          refused.add(one.id);
          continue;
        }
        sizes.set(one.id, size);
        // The same candidate of several statements is one.
        const same = all.get(one.id) ?? one;
        all.set(one.id, same);
        mine.set(one.id, same);
      }
    }
    byStatement.set(statement, [...mine.values()]);
  }
  const costs = costTable({
    whatIf,
    statements,
    writes: writesOf([...tables], statements, since),
    settings,
    sizes,
    relevant: isRelevant,
  });
  const { candidates, bundles } = await nominate(costs, byStatement);
  const fitting = candidates.filter((one) => costs.sizeOf(one) <= budgetBytes);
  const indexes = await selectIndexes(costs, fitting, bundles, { budgetBytes, minGain });
  return { indexes, costs, budgetBytes };
}

/** Those candidates that make a difference: what a plan takes when it may have them all, and what does much alone. */
async function nominate(
  costs: CostTable,
  byStatement: ReadonlyMap<WorkloadStatement, readonly IndexCandidate[]>,
): Promise<{
  readonly candidates: readonly IndexCandidate[];
  readonly bundles: readonly (readonly IndexCandidate[])[];
}> {
  const nominated = new Map<string, IndexCandidate>();
  const bundles = new Map<string, readonly IndexCandidate[]>();
  for (const [statement, mine] of byStatement) {
    if (mine.length === 0) continue;
    const { cost: before } = await costs.of(statement, []);
    if (before < fastEnough) continue;
    const { cost: best, used } = await costs.of(statement, mine);
    if (best >= before * 0.99) continue;
    const together = mine.filter(({ id }) => used.has(id));
    for (const one of together) nominated.set(one.id, one);
    bundles.set(together.map(({ id }) => id).join("\n"), together);
    // Of those that a plan did not take, others than covering ones may do as well, at less.
    for (const one of mine.filter(({ include }) => include.length === 0)) {
      const { cost } = await costs.of(statement, [one]);
      if (before - cost >= (before - best) / 2) nominated.set(one.id, one);
    }
  }
  const byId = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);
  return {
    candidates: [...nominated].toSorted(byId).map(([, one]) => one),
    bundles: [...bundles].toSorted(byId).map(([, together]) => together),
  };
}
