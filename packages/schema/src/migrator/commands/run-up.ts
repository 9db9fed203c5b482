import type { MigrationRun } from "../execute/apply-step.ts";
import { applySteps } from "../execute/apply-steps.ts";
import type { RunContext } from "../execute/run-context.ts";
import type { MigrationStep } from "../plan/migration-step.ts";
import { ensureTracking, refuseUntracked } from "../tracking/ensure-tracking.ts";
import type { TrackingState } from "../tracking/tracking-state.ts";

/** Applies steps in a database that is known to be ours, or that becomes ours by this. */
export async function runUp(
  context: RunContext,
  state: TrackingState,
  steps: readonly MigrationStep[],
): Promise<readonly MigrationRun[]> {
  if (steps.length === 0) return [];
  const { session, options } = context;
  await refuseUntracked(session, options.table, state);
  await ensureTracking(session, options.table, state);
  return applySteps(context, steps);
}
