/**
 * What a benchmark is. Every figure is a rate (a second, higher is better), so that our rate over a peer's rate
 * is above 1 where ours is faster.
 */

import type { Result } from "./result.ts";

/** One of those that are compared: ours, or what a user would pick instead. */
export interface Subject {
  /** Name and version, as it stands in the table. */
  readonly name: string;
  /** Exactly one subject of a case is ours. */
  readonly ours?: boolean;
  /** Runs one round and returns how many seconds the measured part took. Set-up is not in it. */
  readonly round: () => Promise<number>;
}

/** Subjects that did the same work under the same conditions. */
export interface Case {
  readonly name: string;
  /** What is counted, as in "migrations/s". */
  readonly unit: string;
  /** How many of it one round does. */
  readonly amount: number;
  /** Counted rounds of each subject. */
  readonly rounds: number;
  readonly subjects: readonly Subject[];
}

/** A named group of cases on servers of its own. */
export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  /** Starts what is needed, calls `measure` for each case, and stops everything. Adds to the conditions. */
  readonly run: (bench: BenchmarkContext) => Promise<void>;
}

export interface BenchmarkContext {
  /** How many keys are asked for, of a benchmark that can do with fewer than it is made for. */
  readonly keys: number | undefined;
  readonly conditions: (facts: Readonly<Record<string, string>>) => void;
  readonly measure: (measured: Case) => Promise<void>;
  /** For what does not go in rounds: results that the benchmark itself worked out. */
  readonly report: (results: readonly Result[]) => void;
}
