import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { anyTime } from "../time/time-input.ts";
import { type Fact, facts } from "./fact.ts";
import { type AboutEntity, aboutEntity } from "./facts-about.ts";
import { afterMillisecond } from "./valid-at.ts";

/** An entity at a moment. */
export interface AsOf extends AboutEntity {
  /** Valid time: what was true then. Stands for its whole millisecond, see {@link ValidAt}. */
  readonly validAt: Date;
  /**
   * What had been written down by then. Default: all that is known today.
   *
   * Decided by `created_at`, which is when the writing transaction began; and where the row was changed since
   * (`updated_at`), its end is taken for not known yet. That is exact for facts recorded without an end and changed
   * only by `supersede` and `retract`; of a fact recorded with an end and cut short later, the first end is not kept.
   */
  readonly knownAt?: Date | undefined;
}

const asOf = aboutEntity.extend({ validAt: anyTime, knownAt: anyTime.optional() });

/** What was held about an entity at a moment, by predicate and beginning. The rows are as they are stored today. */
export async function factsAsOf(on: Executor, input: AsOf, options?: QueryOptions): Promise<readonly Fact[]> {
  const { entityType, entityId, predicate, validAt, knownAt } = parseInput(asOf, input, "the entity");
  const validEnd = afterMillisecond(validAt);
  const knownEnd = knownAt === undefined ? sql.fragment`'infinity'::TIMESTAMPTZ` : afterMillisecond(knownAt);
  return await on.read.any(
    sql.type(facts.row)`
      SELECT ${facts.columns("f")}
      FROM knowledge.facts AS f
      WHERE f.entity_type = ${entityType}
        AND f.entity_id = ${entityId}
        ${predicate === undefined ? sql.fragment`` : sql.fragment`AND f.predicate = ${predicate}`}
        AND f.created_at < ${knownEnd}
        AND f.valid_from < ${validEnd}
        AND (f.valid_until IS NULL OR f.valid_until >= ${validEnd} OR f.updated_at >= ${knownEnd})
      ORDER BY f.predicate, f.valid_from, f.created_at, f.fact_id
    `,
    options,
  );
}
