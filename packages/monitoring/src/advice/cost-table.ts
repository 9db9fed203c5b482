import type { IndexCandidate } from "./candidate.ts";
import type { CatalogueTable } from "./catalogue.ts";
import type { CostSettings } from "./cost-settings.ts";
import type { WhatIf, WhatIfCost, WorkloadStatement } from "./what-if.ts";
import { type TableWrites, type WriteCost, writeCostOf } from "./write-cost.ts";

/** So much is a handful of pages: what an index could still spare of it is less than the planner knows. */
export const fastEnough = 20;

/** How much worse a statement must be to be noticed: so many times as costly, and by more than so much. */
export interface NoticedDifference {
  readonly times: number;
  /** In the units of the planner. */
  readonly cost: number;
}

/** What the whole workload costs with one set of candidates or another; nothing is asked twice. */
export interface CostTable {
  /** Of all statements and all that writes pay, in the units of the planner. */
  total(config: readonly IndexCandidate[]): Promise<number>;
  /** Of one execution of one statement. */
  of(statement: WorkloadStatement, config: readonly IndexCandidate[]): Promise<WhatIfCost>;
  /** Whether one set makes any statement worse than another one does by so much that it would be noticed. */
  isWorse(
    config: readonly IndexCandidate[],
    than: readonly IndexCandidate[],
    noticed: NoticedDifference,
  ): Promise<boolean>;
  /** What writes pay for a set. */
  writes(config: readonly IndexCandidate[]): WriteCost;
  sizeOf(candidate: IndexCandidate): number;
}

/** What a cost table is made of. */
export interface CostSource {
  readonly whatIf: WhatIf;
  readonly statements: readonly WorkloadStatement[];
  readonly writes: ReadonlyMap<CatalogueTable, TableWrites>;
  readonly settings: CostSettings;
  readonly sizes: ReadonlyMap<string, number>;
  /** Which candidates a statement's plan could have. */
  readonly relevant: (statement: WorkloadStatement, candidate: IndexCandidate) => boolean;
}

/** Makes a cost table, in which every answer is kept. */
export function costTable({ whatIf, statements, writes, settings, sizes, relevant }: CostSource): CostTable {
  const answers = new Map<WorkloadStatement, Map<string, WhatIfCost>>(
    statements.map((one) => [one, new Map()]),
  );
  const relevance = new Map<WorkloadStatement, Map<IndexCandidate, boolean>>(
    statements.map((one) => [one, new Map()]),
  );
  const tablesOf = statements.map(
    (one) => [one, [...new Set(one.use.accesses.map(({ table }) => table))]] as const,
  );
  const isRelevant = (statement: WorkloadStatement, one: IndexCandidate) => {
    const known = relevance.get(statement);
    const answer = known?.get(one) ?? relevant(statement, one);
    known?.set(one, answer);
    return answer;
  };
  const of = async (statement: WorkloadStatement, config: readonly IndexCandidate[]) => {
    const mine = config
      .filter((one) => isRelevant(statement, one))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const key = mine.map(({ id }) => id).join("\n");
    const known = answers.get(statement)?.get(key);
    if (known !== undefined) return known;
    const answer = await whatIf.costOf(statement, mine);
    answers.get(statement)?.set(key, answer);
    return answer;
  };
  const writesFor = (config: readonly IndexCandidate[]): WriteCost => {
    let cost = 0;
    let lostHot = 0;
    for (const [table, how] of writes) {
      const paid = writeCostOf(
        how,
        config.filter((one) => one.table === table),
        settings,
      );
      cost += paid.cost;
      lostHot += paid.lostHot;
    }
    return { cost, lostHot };
  };
  return {
    of,
    writes: writesFor,
    isWorse: async (config, than, { times, cost: least }) => {
      const changed = new Set(
        [...config, ...than].filter((one) => !config.includes(one) || !than.includes(one)),
      );
      for (const statement of statements) {
        if (![...changed].some((one) => isRelevant(statement, one))) continue;
        const { cost } = await of(statement, config);
        const { cost: other } = await of(statement, than);
        if (cost - other > least && cost > other * times) return true;
      }
      return false;
    },
    sizeOf: ({ id }) => sizes.get(id) ?? 0,
    total: async (config) => {
      let total = writesFor(config).cost;
      const byTable = Map.groupBy(config, ({ table }) => table);
      for (const [statement, tables] of tablesOf) {
        const near = tables.flatMap((table) => byTable.get(table) ?? []);
        total += statement.calls * (await of(statement, near)).cost;
      }
      return total;
    },
  };
}
