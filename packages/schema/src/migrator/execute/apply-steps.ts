import type { MigrationStep } from "../plan/migration-step.ts";
import { prepareMarks } from "../sql/mark.ts";
import { applyStep, type MigrationRun } from "./apply-step.ts";
import type { RunContext } from "./run-context.ts";

/**
 * Runs files one after the other and tells of each.
 *
 * Only the last commit waits for the disk. The log is written in order, so that one covers all before it; and
 * a server that crashes in between loses files together with their records.
 *
 * @param apply how a single file is run; default: {@link applyStep}
 */
export async function applySteps(
  context: RunContext,
  steps: readonly MigrationStep[],
  apply: typeof applyStep = applyStep,
): Promise<readonly MigrationRun[]> {
  const total = steps.length;
  const done: MigrationRun[] = [];
  const { emit, table, toolVersion } = context.options;
  await context.session.client.query(prepareMarks(table, toolVersion));
  for (const [index, step] of steps.entries()) {
    const { migration, direction, script } = step;
    const told = { direction, version: migration.version, file: script.file };
    emit({
      type: "migration-started",
      ...told,
      statements: step.statements.length,
      position: index + 1,
      total,
    });
    const run = await apply(context, step, { waitForDisk: index === total - 1 });
    done.push(run);
    emit({ type: "migration-finished", ...told, durationMs: run.durationMs });
  }
  return done;
}
