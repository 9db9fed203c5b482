import { z } from "zod";
import { parseInput } from "../../errors/parse-input.ts";
import type { Executor } from "../../executor/executor.ts";
import { type Page, type PageOptions, pageOptions } from "../../page/page.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";
import { type Fact, facts } from "../fact.ts";
import { type FactFilter, factFilter, whereFacts } from "../fact-filter.ts";
import { pageOfFacts } from "../find-facts.ts";
import { type EmbeddingModel, embeddingModel, whereModel } from "./embedding-model.ts";

/** Facts that lack an embedding of a model. */
export interface MissingEmbeddings extends EmbeddingModel, FactFilter {}

const streamInput = z.strictObject({ ...embeddingModel, ...factFilter });
const batchInput = streamInput.extend(pageOptions);

/** A batch of the facts that have no embedding of a model, what was written down last first. */
export async function factsWithoutEmbedding(
  on: Executor,
  input: MissingEmbeddings & PageOptions,
  options?: QueryOptions,
): Promise<Page<Fact>> {
  const { limit, cursor, ...wanted } = parseInput(batchInput, input, "the missing embeddings");
  // On the primary: a replica would give those again that were embedded a moment ago.
  return await pageOfFacts(on.write, whereMissing(wanted), { limit, cursor }, options);
}

/** All facts that have no embedding of a model, one after the other, in no order. */
export function streamFactsWithoutEmbedding(
  on: Executor,
  input: MissingEmbeddings,
  options?: QueryOptions,
): AsyncIterable<Fact> {
  const wanted = parseInput(streamInput, input, "the missing embeddings");
  return on.read.stream(
    sql.type(facts.row)`
      SELECT ${facts.columns("f")} FROM knowledge.facts AS f WHERE ${whereMissing(wanted)}
    `,
    options,
  );
}

// An embedding without a vector is one that still waits for it.
const whereMissing = (wanted: z.output<typeof streamInput>) => sql.fragment`
  ${whereFacts(wanted)} AND NOT EXISTS (
    SELECT
    FROM knowledge.embeddings AS e
    WHERE e.fact_id = f.fact_id AND e.embedding_vector IS NOT NULL AND ${whereModel(wanted)}
  )
`;
