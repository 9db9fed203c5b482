import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Fact, facts } from "./fact.ts";
import { type FactSubject, factSubject } from "./fact-input.ts";
import { whereValid } from "./valid-at.ts";

/** An entity, and where it matters one predicate of it. */
export interface AboutEntity extends Pick<FactSubject, "entityType" | "entityId"> {
  /** Default: all predicates. */
  readonly predicate?: string | undefined;
}

// Not strict: a fact says, too, which entity is meant.
export const aboutEntity = z.object({ ...factSubject, predicate: factSubject.predicate.optional() });

/** What is held about an entity now, by predicate and beginning. */
export async function factsAbout(
  on: Executor,
  input: AboutEntity,
  options?: QueryOptions,
): Promise<readonly Fact[]> {
  const { entityType, entityId, predicate } = parseInput(aboutEntity, input, "the entity");
  return await on.read.any(
    sql.type(facts.row)`
      SELECT ${facts.columns("f")}
      FROM knowledge.facts AS f
      WHERE f.entity_type = ${entityType}
        AND f.entity_id = ${entityId}
        ${predicate === undefined ? sql.fragment`` : sql.fragment`AND f.predicate = ${predicate}`}
        AND ${whereValid("now")}
      ORDER BY f.predicate, f.valid_from, f.created_at, f.fact_id
    `,
    options,
  );
}
