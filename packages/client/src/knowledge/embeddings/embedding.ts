import { knowledgeEmbeddingsRow } from "@mister-smith/schema";
import type { z } from "zod";
import { entity } from "../../statement/entity.ts";

/** The table `knowledge.embeddings` as the client's users see it. */
export const embeddings = entity(knowledgeEmbeddingsRow);

/** The table without the vectors. */
export const embeddingRecords = entity(knowledgeEmbeddingsRow.omit({ embedding_vector: true }));

/** An embedding of a fact. The vector is null where a text waits for its model. */
export type Embedding = z.output<typeof embeddings.row>;

/** An embedding without its vector. */
export type EmbeddingRecord = z.output<typeof embeddingRecords.row>;
