import { z } from "zod";
import { parseInput } from "../../errors/parse-input.ts";
import type { Executor } from "../../executor/executor.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";
import type { SqlFragment } from "../../statement/sql-tag.ts";
import { type Fact, facts } from "../fact.ts";
import { type FactFilter, factFilter, whereFacts } from "../fact-filter.ts";
import { type EmbeddingModel, embeddingModel, whereModel } from "./embedding-model.ts";
import { type Vector, vectorInput } from "./vector-input.ts";
import { vectorSchema } from "./vectors-enabled.ts";

/** What to search for by meaning. */
export interface SearchEmbeddings extends EmbeddingModel, FactFilter {
  /** The embedding of the question, made by the same model. */
  readonly embeddingVector: Vector;
  /** How many facts at most, from 1 to 1,000. Default: 10. */
  readonly limit?: number | undefined;
}

/** A fact that is near in meaning. */
export interface SimilarFact extends Fact {
  /** The cosine distance of its nearest embedding: 0 for the same direction, 1 for unrelated, 2 for the opposite. */
  readonly distance: number;
  /** That embedding. */
  readonly embeddingId: string;
  /** The text of that embedding. */
  readonly textContent: string;
}

const searchInput = z.strictObject({
  ...embeddingModel,
  ...factFilter,
  embeddingVector: vectorInput,
  limit: z.int().min(1).max(1_000).default(10),
});
type Search = z.output<typeof searchInput>;

const similar = facts.row.extend({ distance: z.number(), embeddingId: z.guid(), textContent: z.string() });

/** The facts whose embeddings are nearest, nearest first; each once, whatever its number of embeddings. */
export async function searchEmbeddings(
  on: Executor,
  input: SearchEmbeddings,
  options?: QueryOptions,
): Promise<readonly SimilarFact[]> {
  const search = parseInput(searchInput, input, "the search");
  const vectors = await vectorSchema(on, options);
  if (vectors !== null) {
    // The index knows nothing of the filter: more than asked for is taken from it, and filtered then. What is left is
    // the answer if it is enough, since nothing nearer was passed over.
    for (const candidates of [Math.max(40, search.limit * 4), Math.max(400, search.limit * 40)]) {
      const found = await on.read.any(nearest(fromIndex(search, candidates), search), options);
      if (found.length === search.limit) return found;
    }
  }
  return await on.read.any(nearest(fromAll(search, vectors), search), options);
}

const nearest = (candidates: SqlFragment, search: Search) => sql.type(similar)`
  SELECT
    ${facts.columns("f")},
    n.distance AS "distance", n.embedding_id AS "embeddingId", n.text_content AS "textContent"
  FROM (
    SELECT DISTINCT ON (c.fact_id) c.fact_id, c.embedding_id, c.text_content, c.distance
    FROM (${candidates}) AS c
    -- Of a vector that is all zero.
    WHERE c.distance <> 'NaN'
    ORDER BY c.fact_id, c.distance, c.embedding_id
  ) AS n
  JOIN knowledge.facts AS f ON f.fact_id = n.fact_id
  WHERE ${whereFacts(search)}
  ORDER BY n.distance, n.embedding_id
  LIMIT ${search.limit}
`;

const vectorOf = ({ embeddingVector }: Search) => sql.fragment`${embeddingVector}::TEXT::REAL[]`;

const fromIndex = (search: Search, candidates: number) => sql.fragment`
  SELECT s.fact_id, s.embedding_id, s.text_content, s.distance
  FROM knowledge.search_embeddings(
    ${vectorOf(search)}, ${search.embeddingModel}, ${candidates}, ${search.embeddingVersion ?? null}
  ) AS s
`;

const fromAll = (search: Search, vectors: string | null) => sql.fragment`
  SELECT e.fact_id, e.embedding_id, e.text_content, ${distance(search, vectors)} AS distance
  FROM knowledge.embeddings AS e
  JOIN knowledge.facts AS f ON f.fact_id = e.fact_id
  WHERE e.embedding_vector IS NOT NULL AND ${whereModel(search)} AND ${whereFacts(search)}
`;

function distance(search: Search, vectors: string | null): SqlFragment {
  if (vectors === null) {
    return sql.fragment`knowledge.cosine_distance(e.embedding_vector, ${vectorOf(search)})`;
  }
  const vector = sql.identifier([vectors, "vector"]);
  const operator = sql.fragment`OPERATOR(${sql.identifier([vectors])}.<=>)`;
  return sql.fragment`e.embedding_vector ${operator} ${vectorOf(search)}::${vector}`;
}
