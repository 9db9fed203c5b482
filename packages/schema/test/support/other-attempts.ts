import { type Attempt, fact, insert, nobody, tokenHash } from "./constraint-cases.ts";

const session = (values: Readonly<Record<string, string>>) =>
  insert("sessions.active", { session_token: tokenHash, expires_at: "now() + INTERVAL '1 hour'", ...values });
const aFact = (values: Readonly<Record<string, string>>) =>
  insert("knowledge.facts", {
    entity_type: "'t'",
    entity_id: "'i'",
    predicate: "'p'",
    object_value: "'1'",
    object_type: "'number'",
    ...values,
  });
const embedding = (values: Readonly<Record<string, string>>) =>
  insert("knowledge.embeddings", {
    fact_id: fact,
    embedding_model: "'m'",
    embedding_version: "'1'",
    text_content: "'t'",
    ...values,
  });
const settings = (values: Readonly<Record<string, string>>) =>
  insert("partitions.settings", { schema_name: "'s'", table_name: "'t'", ...values });

const notAnEmbedding = (title: string, vector: string): Attempt => ({
  title: `an embedding ${title}`,
  sql: embedding({ embedding_vector: vector }),
  refusedBy: "knowledge.embeddings.valid_embedding_vector",
});

/** What must not get into the schemas sessions, knowledge and partitions. */
export const otherAttempts: readonly Attempt[] = [
  ...[
    ["a token as it is", "repeat('x', 43)"],
    ["a random token in hexadecimal, which looks like a hash", "repeat('a', 64)"],
    ["a hash with upper-case digits", "'sha256:' || repeat('A', 64)"],
    ["a hash that was cut", "'sha256:' || repeat('a', 63)"],
    ["nothing", "''"],
  ].map(([what, token]) => ({
    title: `${what} in place of a token's hash`,
    sql: session({ session_token: token ?? "" }),
    refusedBy: "sessions.active.valid_session_token",
  })),
  {
    title: "a session of an unknown type",
    sql: session({ session_type: "'seance'" }),
    refusedBy: "sessions.active.valid_session_type",
  },
  {
    title: "a session with NULL as its type",
    sql: session({ session_type: "NULL" }),
    refusedBy: "sessions.active.session_type",
    as: "not-null",
  },
  {
    title: "a session that expires before it begins",
    sql: session({ expires_at: "now() - INTERVAL '1 hour'" }),
    refusedBy: "sessions.active.future_expiry",
  },
  {
    title: "a session that hides its expiry behind a NULL as created_at",
    sql: session({ created_at: "NULL", expires_at: "'2000-01-01'" }),
    refusedBy: "sessions.active.created_at",
    as: "not-null",
  },
  {
    title: "one token for two sessions",
    sql: `${session({})}; ${session({})}`,
    refusedBy: "sessions.active.active_session_token_key",
    as: "unique",
  },
  {
    title: "a session of an agent that is not there",
    sql: session({ agent_id: nobody }),
    refusedBy: "sessions.active.active_agent_id_fkey",
    as: "foreign-key",
  },

  {
    title: "a fact about no kind of thing",
    sql: aFact({ entity_type: "''" }),
    refusedBy: "knowledge.facts.valid_entity_type",
  },
  {
    title: "a fact about nothing",
    sql: aFact({ entity_id: "''" }),
    refusedBy: "knowledge.facts.valid_entity_id",
  },
  {
    title: "a fact that says nothing",
    sql: aFact({ predicate: "''" }),
    refusedBy: "knowledge.facts.valid_predicate",
  },
  {
    title: "more than certainty",
    sql: aFact({ confidence_score: "1.01" }),
    refusedBy: "knowledge.facts.valid_confidence_score",
  },
  {
    title: "less than no confidence",
    sql: aFact({ confidence_score: "-0.01" }),
    refusedBy: "knowledge.facts.valid_confidence_score",
  },
  {
    title: "a confidence that is no number",
    sql: aFact({ confidence_score: "'NaN'" }),
    refusedBy: "knowledge.facts.valid_confidence_score",
  },
  {
    title: "a fact that ends before it begins",
    sql: aFact({ valid_until: "now() - INTERVAL '1 day'" }),
    refusedBy: "knowledge.facts.valid_validity_period",
  },
  {
    title: "a fact that hides its end behind a NULL as valid_from",
    sql: aFact({ valid_from: "NULL", valid_until: "'2000-01-01'" }),
    refusedBy: "knowledge.facts.valid_from",
    as: "not-null",
  },
  {
    title: "the same fact twice",
    sql: aFact({ fact_id: fact }),
    refusedBy: "knowledge.facts.facts_pkey",
    as: "unique",
  },
  {
    title: "a fact from nobody",
    sql: aFact({ source_agent_id: nobody }),
    refusedBy: "knowledge.facts.facts_source_agent_id_fkey",
    as: "foreign-key",
  },

  {
    title: "an embedding by no model",
    sql: embedding({ embedding_model: "''" }),
    refusedBy: "knowledge.embeddings.valid_embedding_model",
  },
  {
    title: "an embedding of no text",
    sql: embedding({ text_content: "''" }),
    refusedBy: "knowledge.embeddings.valid_text_content",
  },
  notAnEmbedding("of 1535 numbers", "array_fill(0.5::REAL, ARRAY[1535])"),
  notAnEmbedding("of no numbers", "'{}'"),
  notAnEmbedding("in two dimensions", "array_fill(0.5::REAL, ARRAY[2, 768])"),
  notAnEmbedding("with a NULL in it", "array_append(array_fill(0.5::REAL, ARRAY[1535]), NULL)"),
  notAnEmbedding("with a NaN in it", "array_append(array_fill(0.5::REAL, ARRAY[1535]), 'NaN')"),
  notAnEmbedding("with an infinite number", "array_append(array_fill(0.5::REAL, ARRAY[1535]), '-Infinity')"),
  {
    title: "an embedding of no fact",
    sql: embedding({ fact_id: nobody }),
    refusedBy: "knowledge.embeddings.embeddings_fact_id_fkey",
    as: "foreign-key",
  },
  {
    title: "the same embedding twice",
    sql: `${embedding({ embedding_id: nobody })}; ${embedding({ embedding_id: nobody })}`,
    refusedBy: "knowledge.embeddings.embeddings_pkey",
    as: "unique",
  },

  {
    title: "a negative retention",
    sql: settings({ retain_days: "-1" }),
    refusedBy: "partitions.settings.valid_retain_days",
  },
  {
    title: "partitions for a thousand days",
    sql: settings({ future_days: "1000" }),
    refusedBy: "partitions.settings.valid_future_days",
  },
  {
    title: "two settings for one table",
    sql: `${settings({})}; ${settings({})}`,
    refusedBy: "partitions.settings.settings_pkey",
    as: "unique",
  },
];
