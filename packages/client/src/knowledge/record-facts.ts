import { randomUUID } from "node:crypto";
import { timestamp } from "@mister-smith/schema";
import { z } from "zod";
import { knownAgents } from "../agents/known-agents.ts";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Fact, facts } from "./fact.ts";
import { contentRow, type NewFact, newFact, newFacts } from "./fact-input.ts";
import { overAtOnce } from "./fact-refusals.ts";
import { factsById } from "./facts-by-id.ts";
import { unknownAgents } from "./unknown-agents.ts";

/** Writes down one fact. */
export async function recordFact(on: Executor, input: NewFact, options?: QueryOptions): Promise<Fact> {
  const [fact] = await insertFacts(on, [parseInput(newFact, input, "the fact")], options);
  if (fact !== undefined) return fact;
  throw new ClientError("UNEXPECTED_ROW", "the fact was recorded, but not returned");
}

/** Writes down any number of facts, in one round trip: all of them, or none. */
export async function recordFacts(
  on: Executor,
  input: readonly NewFact[],
  options?: QueryOptions,
): Promise<readonly Fact[]> {
  return await insertFacts(on, parseInput(newFacts, input, "the facts"), options);
}

async function insertFacts(on: Executor, given: ReturnType<typeof newFacts.parse>, options?: QueryOptions) {
  if (given.length === 0) return [];
  // Named here, so that a repeat after a broken connection finds what the first attempt wrote.
  const rows = given.map((fact, number) => ({
    fact_id: randomUUID(),
    entity_type: fact.entityType,
    entity_id: fact.entityId,
    predicate: fact.predicate,
    ...contentRow(fact, nameOf(number, given.length)),
  }));
  const ids = rows.map((row) => row.fact_id);
  const inserted = await on.write.any(insert(rows), { ...options, idempotent: true });
  if (inserted.length === rows.length) return inOrder(ids, inserted);
  const earlier = await on.write.any(factsById(ids), options);
  if (earlier.length === rows.length) return inOrder(ids, earlier);
  const sources = rows.map((row) => row.source_agent_id).filter((agentId) => agentId !== null);
  throw (
    (await unknownAgents(on, sources, options)) ??
    (await overBefore(on, given, options)) ??
    registeredMeanwhile()
  );
}

// Facts that begin now by the server's clock, which may be ahead of the one here.
async function overBefore(on: Executor, given: ReturnType<typeof newFacts.parse>, options?: QueryOptions) {
  const now = await on.write.oneFirst(serverTime, options);
  for (const [number, { validFrom, validUntil }] of given.entries()) {
    if (validFrom === undefined && validUntil != null && validUntil <= now)
      return overAtOnce(nameOf(number, given.length), validUntil, now);
  }
  return undefined;
}

const serverTime = sql.type(z.object({ now: timestamp }))`SELECT clock_timestamp() AS now`;

function nameOf(number: number, count: number): string {
  return count === 1 ? "the fact" : `fact ${number}`;
}

const insert = (rows: readonly object[]) => sql.type(facts.row)`
  WITH given AS (
    SELECT *
    FROM json_to_recordset(${JSON.stringify(rows)}::JSON) AS g (
      fact_id UUID, entity_type TEXT, entity_id TEXT, predicate TEXT, object_value TEXT, object_type TEXT,
      source_agent_id UUID, confidence_score NUMERIC, evidence TEXT,
      valid_from DOUBLE PRECISION, valid_until DOUBLE PRECISION
    )
  ), known AS MATERIALIZED (
    ${knownAgents(sql.fragment`SELECT g.source_agent_id FROM given AS g`)}
  )
  INSERT INTO knowledge.facts AS f (
    fact_id, entity_type, entity_id, predicate, object_value, object_type,
    source_agent_id, confidence_score, evidence, valid_from, valid_until
  )
  SELECT
    g.fact_id, g.entity_type, g.entity_id, g.predicate, g.object_value::JSONB, g.object_type,
    g.source_agent_id, g.confidence_score, g.evidence::JSONB,
    COALESCE(to_timestamp(g.valid_from), statement_timestamp()), to_timestamp(g.valid_until)
  FROM given AS g
  WHERE NOT EXISTS (
    SELECT
    FROM given AS s
    WHERE (s.source_agent_id IS NOT NULL AND s.source_agent_id NOT IN (SELECT k.agent_id FROM known AS k))
      OR to_timestamp(s.valid_until) <= COALESCE(to_timestamp(s.valid_from), statement_timestamp())
  )
  ON CONFLICT (fact_id) DO NOTHING
  RETURNING ${facts.columns("f")}
`;

function inOrder(ids: readonly string[], found: readonly Fact[]): readonly Fact[] {
  const byId = new Map(found.map((fact) => [fact.factId, fact]));
  return ids.map((id) => byId.get(id)).filter((fact) => fact !== undefined);
}

function registeredMeanwhile(): ClientError {
  return new ClientError("NOT_FOUND", "a source agent did not exist when the facts were to be recorded", {
    hint: "It was registered in the same moment; record the facts again.",
    retryable: true,
  });
}
