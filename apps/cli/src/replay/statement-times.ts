import { performance } from "node:perf_hooks";

/** How long one kind of statement took, in milliseconds. */
export interface StatementTime {
  readonly statement: string;
  readonly calls: number;
  readonly totalMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Measures statements by their names, as this process sees them: the way to the server and back included. */
export class StatementTimes {
  readonly #samples = new Map<string, number[]>();

  /** Runs a statement and keeps how long it took, also when it failed. */
  async measure<Result>(statement: string, run: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    try {
      return await run();
    } finally {
      this.add(statement, performance.now() - started);
    }
  }

  add(statement: string, ms: number): void {
    const samples = this.#samples.get(statement);
    if (samples === undefined) this.#samples.set(statement, [ms]);
    else samples.push(ms);
  }

  /** All statements, the one with the slowest 99th percentile first. */
  slowest(): readonly StatementTime[] {
    const times = [...this.#samples].map(([statement, samples]) => summary(statement, samples));
    return times.sort((a, b) => b.p99Ms - a.p99Ms);
  }
}

function summary(statement: string, samples: readonly number[]): StatementTime {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return {
    statement,
    calls: sorted.length,
    totalMs: sorted.reduce((sum, ms) => sum + ms, 0),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
  };
}
