import { type ApplyOptions, applyStep, type MigrationRun } from "../execute/apply-step.ts";
import type { RunContext } from "../execute/run-context.ts";
import type { MigrationStep } from "../plan/migration-step.ts";
import { countLoss, expectedLoss } from "./count-loss.ts";
import type { LossTarget } from "./data-loss.ts";
import { dataLossError } from "./data-loss-error.ts";
import { findDrops } from "./find-drops.ts";
import { plainTypeChanges } from "./find-type-changes.ts";
import { lossGuard, RowsArrived, UnexpectedDrop } from "./loss-guard.ts";

// A script that names nothing may drop by CASCADE what then cascades again; it settles after one round or two.
const maxRounds = 5;

/**
 * Refuses a run of down scripts that would drop rows, before any of them runs.
 *
 * @throws {MigrationError} MIGRATION_DATA_LOSS
 */
export async function refuseLoss({ session }: RunContext, steps: readonly MigrationStep[]): Promise<void> {
  for (const step of steps) {
    const { losses } = await expectedLoss(session, findDrops(step.statements));
    if (losses.length > 0) throw dataLossError(step.script.file, losses);
  }
}

/**
 * Runs one down script without dropping a row.
 *
 * @throws {MigrationError} MIGRATION_DATA_LOSS, with nothing of the script applied
 */
export async function applyLossless(
  context: RunContext,
  step: MigrationStep,
  options: ApplyOptions,
): Promise<MigrationRun> {
  const { session } = context;
  let { targets } = await expectedLoss(session, findDrops(step.statements));
  const plain = plainTypeChanges(step.statements);
  for (let round = 1; ; round += 1) {
    try {
      return await applyStep(context, step, { ...options, hooks: lossGuard(context, targets, plain) });
    } catch (error) {
      if (round >= maxRounds) throw error;
      targets = await widen(context, step, targets, error);
    }
  }
}

/** Runs one down script whatever it drops, and keeps on record what that was. */
export async function applyAccepted(
  context: RunContext,
  step: MigrationStep,
  options: ApplyOptions,
): Promise<MigrationRun> {
  const { losses } = await expectedLoss(context.session, findDrops(step.statements));
  return applyStep(context, step, { ...options, lost: losses });
}

// What was dropped unasked is counted like what the script names, and guarded in the next round.
async function widen(
  { session }: RunContext,
  { script }: MigrationStep,
  targets: readonly LossTarget[],
  error: unknown,
): Promise<readonly LossTarget[]> {
  if (!(error instanceof UnexpectedDrop) && !(error instanceof RowsArrived)) throw error;
  const wider = error instanceof UnexpectedDrop ? [...targets, ...error.targets] : targets;
  const losses = await countLoss(session, wider);
  if (losses.length > 0) throw dataLossError(script.file, losses);
  return wider;
}
