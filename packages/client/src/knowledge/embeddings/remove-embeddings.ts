import { z } from "zod";
import { parseInput } from "../../errors/parse-input.ts";
import type { Executor } from "../../executor/executor.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";
import { type EmbeddingModel, embeddingModel, whereModel } from "./embedding-model.ts";

/** Which embeddings to remove: those of a fact, of a model, or of a fact by a model. */
export interface RemoveEmbeddings extends Partial<EmbeddingModel> {
  readonly factId?: string | undefined;
}

const removeInput = z
  .strictObject({ factId: z.guid(), ...embeddingModel })
  .partial()
  .refine(({ factId, embeddingModel: model }) => factId !== undefined || model !== undefined, {
    message: "name the fact, the model, or both",
  });

/** Removes embeddings. Returns how many there were. */
export async function removeEmbeddings(
  on: Executor,
  input: RemoveEmbeddings,
  options?: QueryOptions,
): Promise<number> {
  const { factId, ...model } = parseInput(removeInput, input, "what to remove");
  const { rowCount } = await on.write.query(
    sql.type(z.object({}))`
      DELETE FROM knowledge.embeddings AS e
      WHERE ${factId === undefined ? sql.fragment`TRUE` : sql.fragment`e.fact_id = ${factId}`}
        AND ${whereModel(model)}
    `,
    options,
  );
  return rowCount;
}
