import type { StatementUse } from "./access.ts";
import type { IndexCandidate } from "./candidate.ts";

/** A statement of the workload, with what it does. */
export interface WorkloadStatement {
  /** What it is known by: its queryid in pg_stat_statements. */
  readonly queryId: string;
  readonly text: string;
  /** The same as PostgreSQL can plan it: with what literals that were taken out have broken mended. */
  readonly plannedText: string;
  /** How often it was executed. */
  readonly calls: number;
  /** How long all executions took, in milliseconds; 0 where that is not known. */
  readonly totalMs: number;
  /** Rows that all executions returned or wrote. */
  readonly rows: number;
  readonly use: StatementUse;
}

/** What one execution of a statement would cost. */
export interface WhatIfCost {
  /** In the units of PostgreSQL's planner. */
  readonly cost: number;
  /** The ids of the candidates that its plan has. */
  readonly used: ReadonlySet<string>;
}

/** Says what statements would cost if there were indexes that there are not. Nothing is built, and no statement is executed. */
export interface WhatIf {
  /** Whether it was the planner that said what a candidate gives, and no estimate of ours. */
  validates(candidate: IndexCandidate): boolean;
  /** How large a candidate would be, in bytes; null where the server would refuse to build it. */
  sizeOf(candidate: IndexCandidate): Promise<number | null>;
  /** What a statement costs with these candidates, and as it is with none: a database error where it cannot be planned. */
  costOf(statement: WorkloadStatement, candidates: readonly IndexCandidate[]): Promise<WhatIfCost>;
}
