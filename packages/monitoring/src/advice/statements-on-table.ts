import type { Queryable } from "@mister-smith/client";
import { readCatalogue } from "./read-catalogue.ts";
import { parseRecorded } from "./read-statements.ts";
import { readWorkload } from "./read-workload.ts";
import type { IndexRecommendation } from "./recommendations.ts";
import { namedTables } from "./tree/named-tables.ts";
import { readStatement } from "./tree/read-statement.ts";

/** How often a statement was executed, and how long that took in all. */
export interface ExecutedStatement {
  readonly calls: number;
  readonly totalMs: number;
  readonly text: string;
}

const mostStatements = 500;
const ask = { timeoutMs: 10_000 };

/** What the statements that read or write a table took until now, by their queryids; none where they are not recorded. */
export async function statementsOnTable(
  on: Queryable,
  { schema_name: schema, table_name: name }: Pick<IndexRecommendation, "schema_name" | "table_name">,
): Promise<Record<string, ExecutedStatement>> {
  const workload = await readWorkload(on, mostStatements, ask);
  if (workload === null) return {};
  const { texts } = await parseRecorded(workload.statements);
  const { catalogue } = await readCatalogue(on, ask, namedTables(texts.map(({ tree }) => tree)));
  const found: Record<string, ExecutedStatement> = {};
  for (const { recorded, text, tree } of texts) {
    const { queryId, calls, totalMs } = recorded;
    const { accesses, writes } = readStatement(catalogue, tree);
    if ([...accesses, ...writes].some(({ table }) => table.schema === schema && table.name === name))
      found[queryId] = { calls, totalMs, text: text.slice(0, 2_000) };
  }
  return found;
}
