import { z } from "zod";
import { parseInput } from "../../errors/parse-input.ts";
import type { Executor } from "../../executor/executor.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";
import { type Embedding, embeddings } from "./embedding.ts";
import { type EmbeddingModel, embeddingModel, whereModel } from "./embedding-model.ts";

const input = z.strictObject({ factId: z.guid(), ...embeddingModel }).partial({ embeddingModel: true });

/** The embeddings of a fact with their vectors, by model, version and age. */
export async function embeddingsOf(
  on: Executor,
  factId: string,
  model: Partial<EmbeddingModel> = {},
  options?: QueryOptions,
): Promise<readonly Embedding[]> {
  const given = parseInput(input, { ...model, factId }, "the fact and model");
  return await on.read.any(
    sql.type(embeddings.row)`
      SELECT ${embeddings.columns("e")}
      FROM knowledge.embeddings AS e
      WHERE e.fact_id = ${given.factId} AND ${whereModel(given)}
      ORDER BY e.embedding_model, e.embedding_version, e.created_at, e.embedding_id
    `,
    options,
  );
}
