import { randomUUID } from "node:crypto";
import { timestamp } from "@mister-smith/schema";
import { z } from "zod";
import { knownAgents } from "../agents/known-agents.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import { type Fact, facts } from "./fact.ts";
import { contentRow, type FactContent, factContent } from "./fact-input.ts";
import { changedMeanwhile, endedFact, notBegun, overAtOnce } from "./fact-refusals.ts";
import { factsById } from "./facts-by-id.ts";
import { unknownAgents } from "./unknown-agents.ts";
import { unknownFacts } from "./unknown-facts.ts";

/** Ends a fact where a new one about the same subject begins. Returns the new one. */
export async function supersedeFact(
  on: Executor,
  factId: string,
  input: FactContent,
  options?: QueryOptions,
): Promise<Fact> {
  const oldId = parseInput(z.guid(), factId, "the fact's id");
  const content = contentRow(parseInput(factContent, input, "the new fact"), "the new fact");
  // Named here, so that a repeat after a broken connection finds what the first attempt wrote.
  const newId = randomUUID();
  const superseding = await on.write.maybeOne(supersede(oldId, newId, content), {
    ...options,
    idempotent: true,
  });
  if (superseding !== null) return superseding;

  const there = await on.write.any(factsById([newId, oldId]), options);
  const earlier = there.find((fact) => fact.factId === newId);
  if (earlier !== undefined) return earlier;
  const [old] = there;
  if (old === undefined) throw unknownFacts([oldId]);
  if (old.validUntil !== null) throw endedFact(old, "superseded");
  if (input.validFrom !== undefined && input.validFrom <= old.validFrom) {
    throw notBegun(old, "superseded", input.validFrom);
  }
  const sources = content.source_agent_id === null ? [] : [content.source_agent_id];
  const unknown = await unknownAgents(on, sources, options);
  if (unknown !== undefined) throw unknown;
  if (input.validFrom === undefined && input.validUntil != null) {
    const beginning = await on.write.maybeOneFirst(handoverNow(oldId), options);
    if (beginning !== null && input.validUntil <= beginning)
      throw overAtOnce("the new fact", input.validUntil, beginning);
  }
  throw changedMeanwhile(oldId, "superseded");
}

// The clock may stand still between two facts, or be behind that of the server before a failover.
const handover = (now: SqlFragment) =>
  sql.fragment`GREATEST(${now}, o.valid_from + INTERVAL '1 microsecond')`;

const handoverNow = (factId: string) => sql.type(z.object({ beginning: timestamp }))`
  SELECT ${handover(sql.fragment`clock_timestamp()`)} AS beginning
  FROM knowledge.facts AS o
  WHERE o.fact_id = ${factId}
`;

// One statement, so that the one never happens without the other. Whoever comes second waits for the row, then finds
// its end set and changes nothing.
const supersede = (oldId: string, newId: string, content: ReturnType<typeof contentRow>) => sql.type(
  facts.row,
)`
  WITH given AS MATERIALIZED (
    SELECT to_timestamp(g.valid_from) AS begins, to_timestamp(g.valid_until) AS ends, clock_timestamp() AS now, g.*
    FROM json_to_record(${JSON.stringify(content)}::JSON) AS g (
      object_value TEXT, object_type TEXT, source_agent_id UUID, confidence_score NUMERIC, evidence TEXT,
      valid_from DOUBLE PRECISION, valid_until DOUBLE PRECISION
    )
  ), known AS MATERIALIZED (
    ${knownAgents(sql.fragment`SELECT g.source_agent_id FROM given AS g`)}
  ), ended AS (
    UPDATE knowledge.facts AS o
    SET valid_until = COALESCE(g.begins, ${handover(sql.fragment`g.now`)})
    FROM given AS g
    WHERE o.fact_id = ${oldId}
      AND o.valid_until IS NULL
      AND (g.begins IS NULL OR g.begins > o.valid_from)
      AND (g.ends IS NULL OR g.ends > COALESCE(g.begins, ${handover(sql.fragment`g.now`)}))
      AND (g.source_agent_id IS NULL OR g.source_agent_id IN (SELECT k.agent_id FROM known AS k))
    RETURNING o.entity_type, o.entity_id, o.predicate, o.valid_until
  )
  INSERT INTO knowledge.facts AS f (
    fact_id, entity_type, entity_id, predicate, object_value, object_type,
    source_agent_id, confidence_score, evidence, valid_from, valid_until
  )
  SELECT
    ${newId}::UUID, e.entity_type, e.entity_id, e.predicate, g.object_value::JSONB, g.object_type,
    g.source_agent_id, g.confidence_score, g.evidence::JSONB, e.valid_until, g.ends
  FROM ended AS e CROSS JOIN given AS g
  RETURNING ${facts.columns("f")}
`;
