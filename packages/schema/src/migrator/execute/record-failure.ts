import type { MigrationError } from "../errors/migration-error.ts";
import type { MigrationStep } from "../plan/migration-step.ts";
import { insertHistory } from "../sql/history.ts";
import type { RunContext } from "./run-context.ts";

/**
 * Tells the history of a failure. Where the connection is gone that cannot be done, and the failure itself is
 * what the caller must hear.
 */
export async function recordFailure(
  { session, options }: RunContext,
  { migration, direction, script }: MigrationStep,
  failure: MigrationError,
  durationMs: number,
): Promise<void> {
  const entry = insertHistory(options.table, {
    version: migration.version,
    name: migration.name,
    action: direction,
    outcome: "failed",
    toolVersion: options.toolVersion,
    durationMs,
    checksum: script.checksum,
    reason: null,
    details: {
      file: script.file,
      code: failure.code,
      message: failure.message,
      line: failure.details["line"] ?? null,
    },
  });
  await session.any(entry).catch(() => undefined);
}
