import { ClientError, type Database, type Queryable, type QueryOptions } from "@mister-smith/client";
import { type AdviceOptions, adviceOptions, type SettledAdvice } from "./advice-options.ts";
import type { IndexCandidate } from "./candidate.ts";
import { chooseIndexes } from "./choose-indexes.ts";
import { describeIndex } from "./describe-index.ts";
import { estimatingWhatIf } from "./estimating-what-if.ts";
import { forgetHypothetical, hypopgWhatIf } from "./hypopg-what-if.ts";
import type { AdvisedIndex, IndexAdvice, SkippedStatement } from "./index-advice.ts";
import { readCatalogue } from "./read-catalogue.ts";
import { parseRecorded, readStatements } from "./read-statements.ts";
import { type RecordedStatement, readWorkload } from "./read-workload.ts";
import { namedTables } from "./tree/named-tables.ts";
import type { WorkloadStatement } from "./what-if.ts";

/**
 * Says which indexes would spare the statements of a database the most, judged over all of them, with what writes would pay
 * for them. Nothing is built and no statement is executed. The same statements, statistics and options give the same advice.
 *
 * @throws ClientError `INVALID_INPUT` for options that are not allowed; `NOT_FOUND` when no statements are recorded and none
 *   were given
 * @throws DatabaseError when the server cannot be asked
 */
export async function adviseIndexes(
  database: Pick<Database, "connect">,
  options: AdviceOptions = {},
): Promise<IndexAdvice> {
  const parsed = adviceOptions.safeParse(options);
  if (!parsed.success)
    throw new ClientError(
      "INVALID_INPUT",
      `the options of index advice: ${parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ")}`,
      { hint: "All options have a default." },
    );
  const settled = parsed.data;
  // What hypothetical indexes there are ends with the session.
  return await database.connect(async (on) => await adviseOn(on, settled), { timeoutMs: settled.timeoutMs });
}

async function adviseOn(on: Queryable, settled: SettledAdvice): Promise<IndexAdvice> {
  const ask = { timeoutMs: settled.questionTimeoutMs };
  const { statements: recorded, totalMs, since } = await workloadOf(on, settled, ask);
  const { texts, skipped: unread } = await parseRecorded(recorded);
  const known = await readCatalogue(on, ask, namedTables(texts.map(({ tree }) => tree)));
  const { hypopgSchema } = known;
  const source = { on, settings: known.settings, rootOf: known.rootOf, options: ask };
  const whatIf = hypopgSchema === null ? estimatingWhatIf(source) : hypopgWhatIf(hypopgSchema, source);
  try {
    const { statements, skipped } = await readStatements(on, known.catalogue, texts, ask.timeoutMs);
    const chosen = await chooseIndexes(whatIf, known, statements, since, settled);
    const indexes = [];
    for (const one of chosen.indexes)
      indexes.push(await describeIndex(one, chosen.indexes, chosen.costs, statements, whatIf, hypopgSchema));
    const net = (one: AdvisedIndex) => one.costBefore - one.costAfter - one.writeCost;
    const cost = async (config: readonly IndexCandidate[]) => {
      const { cost: writes } = chosen.costs.writes(config);
      return (await chosen.costs.total(config)) - writes;
    };
    return {
      indexes: indexes.toSorted((a, b) => net(b) - net(a) || (a.definition < b.definition ? -1 : 1)),
      costBefore: await cost([]),
      costAfter: await cost(chosen.indexes),
      statements: statements.length,
      lookedAt: statements.map(({ queryId }) => queryId),
      timeShare: shareOf(statements, recorded, totalMs),
      skipped: inOrder([...unread, ...skipped], recorded),
      budgetBytes: chosen.budgetBytes,
      hasHypopg: hypopgSchema !== null,
    };
  } finally {
    if (hypopgSchema !== null) await forgetHypothetical(on, hypopgSchema, ask);
  }
}

/** How much of the time the statements took that were looked at; where no time is known, how many of them they are. */
function shareOf(
  lookedAt: readonly WorkloadStatement[],
  recorded: readonly RecordedStatement[],
  totalMs: number,
): number {
  if (totalMs === 0) return recorded.length === 0 ? 1 : lookedAt.length / recorded.length;
  return Math.min(1, lookedAt.reduce((sum, one) => sum + one.totalMs, 0) / totalMs);
}

function inOrder(
  skipped: readonly SkippedStatement[],
  recorded: readonly RecordedStatement[],
): readonly SkippedStatement[] {
  const places = new Map(recorded.map(({ queryId }, place) => [queryId, place]));
  const placeOf = ({ queryId }: SkippedStatement) => places.get(queryId) ?? 0;
  return skipped.toSorted((a, b) => placeOf(a) - placeOf(b));
}

async function workloadOf(
  on: Queryable,
  { statements, maxStatements }: SettledAdvice,
  ask: QueryOptions & { readonly timeoutMs: number },
) {
  if (statements !== undefined) {
    const totalMs = statements.reduce((sum, one) => sum + one.totalMs, 0);
    return { statements, totalMs, since: null };
  }
  const recorded = await readWorkload(on, maxStatements, ask);
  if (recorded !== null) return recorded;
  throw new ClientError("NOT_FOUND", "the statements of this database are not recorded", {
    hint: "CREATE EXTENSION pg_stat_statements in this database; where SHOW pg_stat_statements.max is an error, add it to shared_preload_libraries and restart PostgreSQL first; or give the statements.",
  });
}
