import { applyAccepted, applyLossless, refuseLoss } from "../data-loss/apply-lossless.ts";
import type { MigrationRun } from "../execute/apply-step.ts";
import { applySteps } from "../execute/apply-steps.ts";
import type { RunContext } from "../execute/run-context.ts";
import type { MigrationStep } from "../plan/migration-step.ts";
import { ensureTracking } from "../tracking/ensure-tracking.ts";
import type { TrackingState } from "../tracking/tracking-state.ts";

/** Takes steps back, and drops what holds rows only when that is accepted. */
export async function runDown(
  context: RunContext,
  state: TrackingState,
  steps: readonly MigrationStep[],
  acceptDataLoss: boolean,
): Promise<readonly MigrationRun[]> {
  if (steps.length === 0) return [];
  if (!acceptDataLoss) await refuseLoss(context, steps);
  await ensureTracking(context.session, context.options.table, state);
  return applySteps(context, steps, acceptDataLoss ? applyAccepted : applyLossless);
}
