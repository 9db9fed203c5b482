import type { ReplayedStates } from "../replay/replay-result.ts";
import type { AlertDone } from "./alert-chapter.ts";
import type { TableDigest } from "./database-digest.ts";
import type { IndexDone } from "./index-chapter.ts";
import type { RoundTrip } from "./jetstream-round-trip.ts";
import type { Chapter } from "./story.ts";
import type { SyncDone } from "./sync-chapter.ts";
import type { TasksDone } from "./tasks-chapter.ts";

/** What `smith demo --json` prints. */
export interface DemoResult {
  readonly seconds: number;
  readonly chapters: readonly Chapter[];
  readonly postgres: string;
  readonly nats: string;
  readonly jetstream: RoundTrip;
  readonly migrations: { readonly applied: number; readonly verified: number };
  readonly replay: {
    readonly runs: number;
    readonly agents: number;
    readonly steps: number;
    readonly rows: number;
    readonly verified: boolean;
    /** Which way the agents' state went. */
    readonly states: ReplayedStates;
  };
  readonly tasks: TasksDone;
  /** Null where smithd is not installed. */
  readonly sync: SyncDone | null;
  /** The migration that was taken back and applied again, and what every table held before and after. */
  readonly redone: { readonly version: number; readonly tables: readonly TableDigest[] };
  readonly alert: AlertDone;
  readonly index: IndexDone;
  /** With `--keep`: the folder of the system, which still runs. */
  readonly kept: string | null;
}
