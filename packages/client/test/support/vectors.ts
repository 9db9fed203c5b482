import type { NewEmbedding } from "../../src/index.ts";

/** The model of most tests. */
export const model = { embeddingModel: "small", embeddingVersion: "1" };

/** A vector of the right length that points along one axis, a little towards another. */
export function vector(axis: number, lean = 0): number[] {
  return Array.from({ length: 1536 }, (_, index) => (index === axis ? 1 : index === axis + 1 ? lean : 0));
}

/** An embedding of a fact along one axis. */
export function embedding(factId: string, axis: number, more: Partial<NewEmbedding> = {}): NewEmbedding {
  return { factId, ...model, embeddingVector: vector(axis), textContent: `axis ${axis}`, ...more };
}
