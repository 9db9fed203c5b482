import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Fact, facts } from "./fact.ts";
import { type FactFilter, factFilter, whereFacts } from "./fact-filter.ts";

const filterInput = z.strictObject(factFilter);

/** Reads facts one after the other, in no order. */
export function streamFacts(on: Executor, input: FactFilter, options?: QueryOptions): AsyncIterable<Fact> {
  const filter = parseInput(filterInput, input, "the filter of facts");
  return on.read.stream(
    sql.type(facts.row)`
      SELECT ${facts.columns("f")} FROM knowledge.facts AS f WHERE ${whereFacts(filter)}
    `,
    options,
  );
}
