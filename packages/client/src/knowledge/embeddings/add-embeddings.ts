import { randomUUID } from "node:crypto";
import { z } from "zod";
import { ClientError } from "../../errors/client-error.ts";
import { parseInput } from "../../errors/parse-input.ts";
import type { Executor } from "../../executor/executor.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";
import { textInput } from "../../text/text-input.ts";
import { unknownFacts } from "../unknown-facts.ts";
import { type EmbeddingRecord, embeddingRecords } from "./embedding.ts";
import { type Vector, vectorInput } from "./vector-input.ts";

/** An embedding to keep. */
export interface NewEmbedding {
  readonly factId: string;
  /** The model that made it; at most 100 characters. */
  readonly embeddingModel: string;
  /** The version of the model; at most 20 characters. */
  readonly embeddingVersion: string;
  /**
   * 1536 finite numbers, not all zero. Kept as 32-bit floating point. Their length, the square root of the sum of their
   * squares, is from 1e-15 to 1e15.
   */
  readonly embeddingVector: Vector;
  /** The text that was embedded. */
  readonly textContent: string;
}

const newEmbedding = z.strictObject({
  factId: z.guid(),
  embeddingModel: textInput(100),
  embeddingVersion: textInput(20),
  embeddingVector: vectorInput,
  textContent: textInput(),
});
const newEmbeddings = z.array(newEmbedding);

/** Keeps one embedding of a fact. */
export async function addEmbedding(
  on: Executor,
  input: NewEmbedding,
  options?: QueryOptions,
): Promise<EmbeddingRecord> {
  const [added] = await insertEmbeddings(on, [parseInput(newEmbedding, input, "the embedding")], options);
  if (added !== undefined) return added;
  throw new ClientError("UNEXPECTED_ROW", "the embedding was added, but not returned");
}

/** Keeps any number of embeddings, in one round trip: all of them, or none. */
export async function addEmbeddings(
  on: Executor,
  input: readonly NewEmbedding[],
  options?: QueryOptions,
): Promise<readonly EmbeddingRecord[]> {
  return await insertEmbeddings(on, parseInput(newEmbeddings, input, "the embeddings"), options);
}

async function insertEmbeddings(
  on: Executor,
  given: z.output<typeof newEmbeddings>,
  options?: QueryOptions,
): Promise<readonly EmbeddingRecord[]> {
  if (given.length === 0) return [];
  // Named here, so that a repeat after a broken connection finds what the first attempt wrote.
  const rows = given.map((embedding) => ({ embeddingId: randomUUID(), ...embedding }));
  const ids = rows.map((row) => row.embeddingId);
  const added = await on.write.any(insert(rows), { ...options, idempotent: true });
  if (added.length === rows.length) return inOrder(ids, added);
  const earlier = await on.write.any(embeddingsById(ids), options);
  if (earlier.length === rows.length) return inOrder(ids, earlier);
  const factIds = rows.map((row) => row.factId);
  const missing = await on.write.anyFirst(missingFacts(factIds), options);
  throw unknownFacts(missing.length > 0 ? missing : factIds);
}

const insert = (rows: readonly object[]) => sql.type(embeddingRecords.row)`
  WITH given AS (
    SELECT *
    FROM json_to_recordset(${JSON.stringify(rows)}::JSON) AS g (
      "embeddingId" UUID, "factId" UUID, "embeddingModel" TEXT, "embeddingVersion" TEXT, "embeddingVector" TEXT,
      "textContent" TEXT
    )
  )
  INSERT INTO knowledge.embeddings AS e (
    embedding_id, fact_id, embedding_model, embedding_version, embedding_vector, text_content
  )
  -- With pgvector the column is of its type, to which an array is cast by the assignment.
  SELECT
    g."embeddingId", g."factId", g."embeddingModel", g."embeddingVersion", g."embeddingVector"::REAL[],
    g."textContent"
  FROM given AS g
  WHERE NOT EXISTS (
    SELECT FROM given AS s WHERE NOT EXISTS (SELECT FROM knowledge.facts AS f WHERE f.fact_id = s."factId")
  )
  ON CONFLICT (embedding_id) DO NOTHING
  RETURNING ${embeddingRecords.columns("e")}
`;

const embeddingsById = (ids: readonly string[]) => sql.type(embeddingRecords.row)`
  SELECT ${embeddingRecords.columns("e")}
  FROM knowledge.embeddings AS e
  WHERE e.embedding_id = ANY (${sql.array(ids, "uuid")})
`;

const missingFacts = (factIds: readonly string[]) => sql.type(z.object({ factId: z.string() }))`
  SELECT DISTINCT given.fact_id AS "factId"
  FROM unnest(${sql.array(factIds, "uuid")}) AS given (fact_id)
  WHERE NOT EXISTS (SELECT FROM knowledge.facts AS f WHERE f.fact_id = given.fact_id)
  ORDER BY 1
`;

function inOrder(ids: readonly string[], found: readonly EmbeddingRecord[]): readonly EmbeddingRecord[] {
  const byId = new Map(found.map((embedding) => [embedding.embeddingId, embedding]));
  return ids.map((id) => byId.get(id)).filter((embedding) => embedding !== undefined);
}
