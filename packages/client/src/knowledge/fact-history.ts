import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Fact, facts } from "./fact.ts";
import { type FactSubject, factSubject } from "./fact-input.ts";

// Not strict: a fact says, too, which subject is meant.
const subject = z.object(factSubject);

/** Everything that was ever held about a predicate of an entity, and will be, the earliest beginning first. */
export async function factHistory(
  on: Executor,
  input: FactSubject,
  options?: QueryOptions,
): Promise<readonly Fact[]> {
  const { entityType, entityId, predicate } = parseInput(subject, input, "the subject");
  return await on.read.any(
    sql.type(facts.row)`
      SELECT ${facts.columns("f")}
      FROM knowledge.facts AS f
      WHERE f.entity_type = ${entityType} AND f.entity_id = ${entityId} AND f.predicate = ${predicate}
      ORDER BY f.valid_from, f.created_at, f.fact_id
    `,
    options,
  );
}
