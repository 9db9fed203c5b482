import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Fact, facts } from "./fact.ts";
import { type FactFilter, factFilter, whereFacts } from "./fact-filter.ts";

/** How sure facts are, taken together. */
export interface FactConfidence {
  /** How many facts there are. */
  readonly facts: number;
  /** How many of them have a confidence. */
  readonly rated: number;
  /** The mean confidence of those; null without any. */
  readonly average: number | null;
  /** The highest confidence; null without any. */
  readonly best: number | null;
}

const filterInput = z.strictObject(factFilter);
const confidence = z.object({
  facts: z.number(),
  rated: z.number(),
  average: z.number().nullable(),
  best: z.number().nullable(),
});

/** How sure the facts are that a filter finds. */
export async function factConfidence(
  on: Executor,
  input: FactFilter,
  options?: QueryOptions,
): Promise<FactConfidence> {
  const filter = parseInput(filterInput, input, "the filter of facts");
  return await on.read.one(
    sql.type(confidence)`
      SELECT
        count(*)::DOUBLE PRECISION AS "facts",
        count(f.confidence_score)::DOUBLE PRECISION AS "rated",
        avg(f.confidence_score)::DOUBLE PRECISION AS "average",
        max(f.confidence_score)::DOUBLE PRECISION AS "best"
      FROM knowledge.facts AS f
      WHERE ${whereFacts(filter)}
    `,
    options,
  );
}

/** The surest of the facts that a filter finds, of equals the one that began last; null when it finds none. */
export async function bestFact(
  on: Executor,
  input: FactFilter,
  options?: QueryOptions,
): Promise<Fact | null> {
  const filter = parseInput(filterInput, input, "the filter of facts");
  return await on.read.maybeOne(
    sql.type(facts.row)`
      SELECT ${facts.columns("f")}
      FROM knowledge.facts AS f
      WHERE ${whereFacts(filter)}
      ORDER BY f.confidence_score DESC NULLS LAST, f.valid_from DESC, f.created_at DESC, f.fact_id
      LIMIT 1
    `,
    options,
  );
}
