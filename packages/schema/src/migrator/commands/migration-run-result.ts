import type { MigrationRun } from "../execute/apply-step.ts";
import type { Direction } from "../tracking/tracking-table.ts";

/** What a command that ran migrations has done. */
export interface MigrationRunResult {
  readonly direction: Direction;
  /** The tracking table as `schema.name`. */
  readonly table: string;
  /** The newest applied version before; 0 for none. */
  readonly from: number;
  /** The newest applied version now; 0 for none. */
  readonly to: number;
  /** In the order in which they ran; empty when there was nothing to do. */
  readonly migrations: readonly MigrationRun[];
  /** All of it, with connecting and waiting. */
  readonly durationMs: number;
}
