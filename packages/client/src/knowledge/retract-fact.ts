import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { anyTime } from "../time/time-input.ts";
import { type Fact, facts } from "./fact.ts";
import { changedMeanwhile, endedFact, notBegun } from "./fact-refusals.ts";
import { factsById } from "./facts-by-id.ts";
import { unknownFacts } from "./unknown-facts.ts";

/** How a fact is retracted. */
export interface Retraction {
  /** Until when it was true, that moment excluded. Default: the database's clock now. */
  readonly validUntil?: Date | undefined;
}

const retraction = z.strictObject({ validUntil: anyTime.optional() }).default({});

/** Ends a fact without another in its place. Returns it with its end. */
export async function retractFact(
  on: Executor,
  factId: string,
  input?: Retraction,
  options?: QueryOptions,
): Promise<Fact> {
  const id = parseInput(z.guid(), factId, "the fact's id");
  const { validUntil } = parseInput(retraction, input, "the retraction");
  const retracted = await on.write.maybeOne(retract(id, validUntil), options);
  if (retracted !== null) return retracted;

  const [fact] = await on.write.any(factsById([id]), options);
  if (fact === undefined) throw unknownFacts([id]);
  if (validUntil !== undefined && validUntil <= fact.validFrom) throw notBegun(fact, "retracted", validUntil);
  throw fact.validUntil === null ? changedMeanwhile(id, "retracted") : endedFact(fact, "retracted");
}

// A fact that begins only later ends with its first microsecond, which no moment of a program falls into.
const retract = (factId: string, validUntil: Date | undefined) => {
  const end =
    validUntil === undefined
      ? sql.fragment`GREATEST(clock_timestamp(), f.valid_from + INTERVAL '1 microsecond')`
      : sql.fragment`${sql.timestamp(validUntil)}`;
  return sql.type(facts.row)`
    UPDATE knowledge.facts AS f
    SET valid_until = LEAST(f.valid_until, ${end})
    WHERE f.fact_id = ${factId} AND (f.valid_until IS NULL OR f.valid_until > ${end}) AND f.valid_from < ${end}
    RETURNING ${facts.columns("f")}
  `;
};
