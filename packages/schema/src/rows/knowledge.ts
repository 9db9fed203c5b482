import type { z } from "zod";
import { nullable } from "./column.ts";
import { confidence, embedding, jsonb, text, timestamptz, uuid, varchar } from "./columns.ts";
import { defineRow } from "./define-row.ts";
import { agentId } from "./domains.ts";

/** The table `knowledge.embeddings`: embeddings of facts, for search by meaning. */
export const knowledgeEmbeddings = defineRow({
  embedding_id: uuid,
  fact_id: uuid,
  embedding_model: varchar(100),
  embedding_version: varchar(20),
  embedding_vector: nullable(embedding),
  text_content: text,
  content_hash: varchar(64),
  created_at: timestamptz,
});
/** Parses a row of `knowledge.embeddings`. */
export const knowledgeEmbeddingsRow = knowledgeEmbeddings.row;
/** A row of `knowledge.embeddings`. */
export type KnowledgeEmbeddingsRow = z.output<typeof knowledgeEmbeddingsRow>;

/** The table `knowledge.facts`: what agents found out: an entity, a predicate and an object. */
export const knowledgeFacts = defineRow({
  fact_id: uuid,
  entity_type: varchar(100),
  entity_id: varchar(255),
  predicate: varchar(255),
  object_value: jsonb,
  object_type: varchar(50),
  source_agent_id: nullable(agentId),
  confidence_score: nullable(confidence),
  evidence: jsonb,
  created_at: timestamptz,
  updated_at: timestamptz,
  valid_from: timestamptz,
  valid_until: nullable(timestamptz),
});
/** Parses a row of `knowledge.facts`. */
export const knowledgeFactsRow = knowledgeFacts.row;
/** A row of `knowledge.facts`. */
export type KnowledgeFactsRow = z.output<typeof knowledgeFactsRow>;
