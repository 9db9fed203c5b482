import { sql } from "../../statement/sql.ts";
import type { SqlList } from "../../statement/sql-tag.ts";
import { textInput } from "../../text/text-input.ts";

/** A model, and where it matters one version of it. */
export interface EmbeddingModel {
  readonly embeddingModel: string;
  /** Default: every version. */
  readonly embeddingVersion?: string | undefined;
}

export const embeddingModel = {
  embeddingModel: textInput(),
  embeddingVersion: textInput().optional(),
};

/** The condition on `knowledge.embeddings AS e`; what is not given holds for all. */
export function whereModel(model: {
  readonly embeddingModel?: string | undefined;
  readonly embeddingVersion?: string | undefined;
}): SqlList {
  const conditions = [sql.fragment`TRUE`];
  if (model.embeddingModel !== undefined) {
    conditions.push(sql.fragment`e.embedding_model = ${model.embeddingModel}`);
  }
  if (model.embeddingVersion !== undefined) {
    conditions.push(sql.fragment`e.embedding_version = ${model.embeddingVersion}`);
  }
  return sql.join(conditions, sql.fragment` AND `);
}
