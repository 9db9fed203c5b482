import type { Direction } from "../tracking/tracking-table.ts";

/** A session that stands in the way. */
export interface BlockingSession {
  readonly pid: number;
  readonly user: string | null;
  readonly application: string | null;
  /** The client's address; null for a local socket, and where the role may not see it. */
  readonly client: string | null;
  /** `active`, `idle in transaction` and so on; null where the role may not see it. */
  readonly state: string | null;
  /** The start of its current or last statement; null where the role may not see it. */
  readonly query: string | null;
  /** When its transaction or, outside of one, its connection began; ISO 8601. */
  readonly since: string | null;
}

/** What a running command tells, in the order in which it happens. Durations are in milliseconds. */
export type MigrationEvent =
  | {
      readonly type: "waiting-for-runner";
      readonly waitedMs: number;
      readonly holder: BlockingSession | null;
    }
  | {
      readonly type: "migration-started";
      readonly direction: Direction;
      readonly version: number;
      readonly file: string;
      readonly statements: number;
      /** Place in this run, from 1. */
      readonly position: number;
      readonly total: number;
    }
  | {
      readonly type: "statement-finished";
      readonly file: string;
      readonly line: number;
      readonly tag: string;
      readonly durationMs: number;
    }
  | {
      readonly type: "lock-retry";
      readonly file: string;
      readonly line: number;
      /** `statement`: tried again at once; `file`: rolled back, and begun again after `delayMs`. */
      readonly scope: "statement" | "file";
      readonly attempt: number;
      readonly delayMs: number;
      readonly blockers: readonly BlockingSession[];
    }
  | {
      readonly type: "resumed";
      readonly file: string;
      readonly line: number;
      /** What was found of an interrupted run: the statement was done, or its remains were removed. */
      readonly found: "done" | "removed-invalid-index" | "finished-detach";
    }
  | {
      readonly type: "migration-finished";
      readonly direction: Direction;
      readonly version: number;
      readonly file: string;
      readonly durationMs: number;
    };
