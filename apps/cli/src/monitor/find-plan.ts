import type { Queryable } from "@mister-smith/client";
import { type PlannedStatement, type RecordedPlan, readPlan } from "@mister-smith/monitoring";
import { NotFound } from "../not-found.ts";

/** A plan on record whose tree can be shown. */
export type ShownPlan = RecordedPlan & { readonly plan: PlannedStatement };

/**
 * The plan of an id.
 *
 * @throws NotFound when there is none, or it is no plan of one statement
 */
export async function findPlan(on: Queryable, planId: string): Promise<ShownPlan> {
  const found = await readPlan(on, planId);
  if (found?.plan == null)
    throw new NotFound("the plan", planId, "`smith monitor plans list` shows those on record.");
  return { ...found, plan: found.plan };
}
