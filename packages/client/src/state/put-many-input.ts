import { z } from "zod";
import { putInput } from "./put-input.ts";
import { nameOfKey, type StateRef } from "./state-ref.ts";

/** Values to put together: each key once, 10,000 at most. */
export const putManyInput = z.array(putInput).max(10_000).superRefine(eachOnce);

/** Refuses keys that are named twice, with the place of the second. */
export function eachOnce(refs: readonly StateRef[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, ref] of refs.entries()) {
    const name = nameOfKey({ ...ref, agentId: ref.agentId.toLowerCase() });
    if (seen.has(name))
      context.addIssue({ code: "custom", path: [index], message: `${name} is given twice` });
    seen.add(name);
  }
}
