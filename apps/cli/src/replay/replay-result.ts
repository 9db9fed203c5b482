import type { WriteDurability } from "@mister-smith/sync";
import type { Difference } from "./compare-rows.ts";
import type { TableName } from "./plan/tables.ts";
import type { StatementTime } from "./statement-times.ts";
import type { StreamedStates } from "./states/state-stream.ts";

/** What became of one copy of one run. */
export interface ReplayedRun {
  readonly run: string;
  readonly copy: number;
  readonly file: string;
  readonly agents: number;
  readonly steps: number;
  /** Whether this replay wrote it, or found it complete. */
  readonly outcome: "written" | "already there";
}

/** Which way the agents' state went. */
export type ReplayedStates =
  | { readonly through: "sql" }
  | ({ readonly through: "jetstream"; readonly durability: WriteDurability } & StreamedStates);

/** What a replay did and how it compares with its input. This is what `smith replay --json` prints. */
export interface ReplayResult {
  /** Whether every row is as the input says, and no others are there. */
  readonly verified: boolean;
  readonly runs: readonly ReplayedRun[];
  readonly agents: number;
  readonly steps: number;
  /** How many rows of each table are as the input says. */
  readonly rows: Readonly<Partial<Record<TableName, number>>>;
  readonly differences: readonly Difference[];
  readonly states: ReplayedStates;
  readonly written: {
    readonly steps: number;
    readonly rows: number;
    readonly seconds: number;
    readonly stepsPerSecond: number;
    readonly rowsPerSecond: number;
  };
  readonly verifySeconds: number;
  readonly statements: readonly StatementTime[];
}
