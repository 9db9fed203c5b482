import { type IndexCandidate, indexDefinition, indexName } from "./candidate.ts";
import type { CostTable } from "./cost-table.ts";
import { covers, shapeOf } from "./covers.ts";
import type { AdvisedIndex, AdvisedStatement } from "./index-advice.ts";
import type { WhatIf, WorkloadStatement } from "./what-if.ts";

/** What is told of one of the chosen indexes: what it is worth beside the others. */
export async function describeIndex(
  one: IndexCandidate,
  all: readonly IndexCandidate[],
  costs: CostTable,
  statements: readonly WorkloadStatement[],
  whatIf: WhatIf,
  hypopgSchema: string | null,
): Promise<AdvisedIndex> {
  const others = all.filter((other) => other !== one);
  const changed: AdvisedStatement[] = [];
  let costBefore = 0;
  let costAfter = 0;
  for (const statement of statements) {
    const { cost: before } = await costs.of(statement, others);
    const { cost: after } = await costs.of(statement, all);
    if (before === after) continue;
    const { queryId, text, calls } = statement;
    changed.push({ queryId, text, calls, costBefore: before, costAfter: after });
    costBefore += before * calls;
    costAfter += after * calls;
  }
  const [paid, paidWithout] = [costs.writes(all), costs.writes(others)];
  const isValidated = whatIf.validates(one);
  return {
    schema: one.table.schema,
    table: one.table.name,
    name: indexName(one),
    method: one.method,
    keys: one.keys.map(({ sql }) => sql),
    include: one.include.map(({ name }) => name),
    predicate: one.predicates.length === 0 ? null : one.predicates.map(({ sql }) => sql).join(" AND "),
    definition: indexDefinition(one),
    isPartitioned: one.table.isPartitioned,
    sizeBytes: costs.sizeOf(one),
    costBefore,
    costAfter,
    writeCost: paid.cost - paidWithout.cost,
    lostHotUpdates: Math.round(paid.lostHot - paidWithout.lostHot),
    isValidated,
    notValidatedBecause: isValidated ? null : reasonOf(one, hypopgSchema),
    statements: changed,
    replaces: one.table.indexes
      .filter((index) => !index.isNeeded && index.isOrdinary && covers(shapeOf(one), index))
      .map(({ name }) => name),
  };
}

function reasonOf({ method }: IndexCandidate, hypopgSchema: string | null): string {
  return hypopgSchema === null
    ? "the extension hypopg is not in this database"
    : `hypopg knows no indexes of the kind ${method}`;
}
