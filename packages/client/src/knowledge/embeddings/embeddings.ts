import type { Executor } from "../../executor/executor.ts";
import type { Page, PageOptions } from "../../page/page.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import type { Fact } from "../fact.ts";
import { addEmbedding, addEmbeddings, type NewEmbedding } from "./add-embeddings.ts";
import type { Embedding, EmbeddingRecord } from "./embedding.ts";
import type { EmbeddingModel } from "./embedding-model.ts";
import { embeddingsOf } from "./embeddings-of.ts";
import {
  factsWithoutEmbedding,
  type MissingEmbeddings,
  streamFactsWithoutEmbedding,
} from "./facts-without-embedding.ts";
import { type RemoveEmbeddings, removeEmbeddings } from "./remove-embeddings.ts";
import { type SearchEmbeddings, type SimilarFact, searchEmbeddings } from "./search-embeddings.ts";
import { vectorsEnabled } from "./vectors-enabled.ts";

/**
 * Embeddings of facts, for search by meaning.
 *
 * All promises hold with pgvector and without; see {@link Embeddings.vectorsEnabled} for what differs.
 */
export interface Embeddings {
  /**
   * Keeps an embedding of a fact. A fact may have several, also of one model: of parts of a long text, say.
   *
   * A broken connection leaves no doubt: the call is repeated and adds once.
   * @throws ClientError `INVALID_INPUT` naming the position of the number that is wrong; `NOT_FOUND` naming the fact
   */
  add(embedding: NewEmbedding, options?: QueryOptions): Promise<EmbeddingRecord>;
  /** Keeps any number of embeddings, in one round trip: all of them, or none. In the given order. See `add`. */
  addMany(embeddings: readonly NewEmbedding[], options?: QueryOptions): Promise<readonly EmbeddingRecord[]>;
  /** The embeddings of a fact with their vectors, by model, version and age. Of an unknown fact: none. */
  of(factId: string, model?: Partial<EmbeddingModel>, options?: QueryOptions): Promise<readonly Embedding[]>;
  /** Removes the embeddings of a fact, of a model, or of a fact by a model. Returns how many there were. */
  remove(which: RemoveEmbeddings, options?: QueryOptions): Promise<number>;
  /**
   * A batch of the facts that have no embedding of a model, what was written down last first; by default of those
   * valid now. A job that adds what is missing asks again without a cursor until the page is empty, or goes on with the
   * cursor to pass over those it could not embed. Asks the primary.
   */
  missing(which: MissingEmbeddings & PageOptions, options?: QueryOptions): Promise<Page<Fact>>;
  /** All facts that have no embedding of a model, one after the other, in no order. */
  streamMissing(which: MissingEmbeddings, options?: QueryOptions): AsyncIterable<Fact>;
  /**
   * The facts nearest to a vector by cosine distance, nearest first; by default among those valid now. Each fact
   * comes once, with the nearest of its embeddings.
   *
   * A filter never costs results: as many come as were asked for, if there are as many. Without pgvector the answer is
   * exact, and each embedding of the model that the filter lets through is compared: a hundred thousand take many
   * seconds. With pgvector it is as exact as its HNSW index, but exact where the filter leaves few.
   * @throws ClientError `INVALID_INPUT` naming the position of the number that is wrong
   */
  search(search: SearchEmbeddings, options?: QueryOptions): Promise<readonly SimilarFact[]>;
  /**
   * Whether embeddings are stored as pgvector's type and found by its index. Otherwise they are arrays, and a search
   * compares every one. `SELECT knowledge.enable_vectors()` converts when the extension was installed.
   */
  vectorsEnabled(options?: QueryOptions): Promise<boolean>;
}

/** Binds the questions about embeddings to a database or a transaction. */
export function embeddingsOn(on: Executor): Embeddings {
  return {
    add: (embedding, options) => addEmbedding(on, embedding, options),
    addMany: (embeddings, options) => addEmbeddings(on, embeddings, options),
    of: (factId, model, options) => embeddingsOf(on, factId, model, options),
    remove: (which, options) => removeEmbeddings(on, which, options),
    missing: (which, options) => factsWithoutEmbedding(on, which, options),
    streamMissing: (which, options) => streamFactsWithoutEmbedding(on, which, options),
    search: (search, options) => searchEmbeddings(on, search, options),
    vectorsEnabled: (options) => vectorsEnabled(on, options),
  };
}
