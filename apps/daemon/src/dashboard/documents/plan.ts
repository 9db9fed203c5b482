import { SmithError } from "@mister-smith/errors";
import { z } from "zod";
import type { AskDatabase } from "../ask-in-turn.ts";
import { selectPlan } from "../sql/plans.ts";
import { type PlanNode, planNode, planTree } from "./plan-tree.ts";

/** The document `plan`: one plan as a tree. */
export const planDocument = z.strictObject({
  id: z.string(),
  capturedAt: z.iso.datetime(),
  /** Null for one that is too large to be shown, or has no form that is known. */
  root: z.lazy(() => planNode).nullable(),
});

/** What the document `plan` says. */
export interface PlanDocument {
  readonly id: string;
  readonly capturedAt: string;
  readonly root: PlanNode | null;
}

const asked = z.object({ id: z.uuid() });

/**
 * Makes the document `plan`.
 *
 * @throws SmithError `INVALID_INPUT` for what is no id, `NOT_FOUND` where there is no such plan; what the database throws
 */
export async function planOf(ask: AskDatabase, query: URLSearchParams): Promise<PlanDocument> {
  const { success, data } = asked.safeParse(Object.fromEntries(query));
  if (!success)
    throw new SmithError("INVALID_INPUT", `"${query.get("id")?.slice(0, 50) ?? ""}" is no id of a plan`);
  const found = await ask((on) => selectPlan(on, data.id));
  if (found === null) throw new SmithError("NOT_FOUND", `there is no plan ${data.id} any more`);
  return planDocument.parse({
    id: found.id,
    capturedAt: found.capturedAt.toISOString(),
    root: planTree(found.plan),
  });
}
