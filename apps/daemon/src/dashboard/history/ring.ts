/** Values over time, as they are sent: a row of times, and a row of values for each series. */
export interface Rows {
  /** In seconds since 1970, rising. */
  readonly times: readonly number[];
  /** Null where nothing was known. */
  readonly values: readonly (readonly (number | null)[])[];
}

/**
 * The last values of some series, one a step; what comes within a step becomes its mean. It takes all its memory when it is made,
 * 12 bytes for each series and step, and no more, however much is added.
 */
export class Ring {
  readonly #stepMs: number;
  readonly #steps: number;
  readonly #values: readonly Float64Array[];
  readonly #counts: readonly Uint32Array[];
  readonly #isFilled: Uint8Array;
  #last: number | undefined;

  constructor(options: { readonly series: number; readonly stepMs: number; readonly steps: number }) {
    const { series, stepMs, steps } = options;
    this.#stepMs = stepMs;
    this.#steps = steps;
    this.#values = Array.from({ length: series }, () => new Float64Array(steps).fill(Number.NaN));
    this.#counts = Array.from({ length: series }, () => new Uint32Array(steps));
    this.#isFilled = new Uint8Array(steps);
  }

  /** Adds what was seen of every series at a time, in milliseconds since 1970. A clock that was set back adds to the last step. */
  add(atMs: number, seen: readonly (number | null)[]): void {
    const step = Math.max(Math.floor(atMs / this.#stepMs), this.#last ?? 0);
    if (this.#last !== undefined) this.#clear(this.#last + 1, step);
    this.#last = step;
    const at = step % this.#steps;
    this.#isFilled[at] = 1;
    for (const [index, value] of seen.entries()) {
      const values = this.#values[index];
      const counts = this.#counts[index];
      if (value === null || values === undefined || counts === undefined) continue;
      const count = counts[at] ?? 0;
      values[at] = count === 0 ? value : ((values[at] ?? 0) * count + value) / (count + 1);
      counts[at] = count + 1;
    }
  }

  /** What there is after a time, in milliseconds since 1970; where nothing was added for long a row of nothing says so. */
  after(sinceMs: number): Rows {
    const times: number[] = [];
    const values: (number | null)[][] = this.#values.map(() => []);
    const push = (step: number, at: number | null) => {
      times.push((step * this.#stepMs) / 1_000);
      for (const [index, row] of values.entries()) row.push(at === null ? null : this.#valueAt(index, at));
    };
    const last = this.#last ?? -1;
    let before: number | undefined;
    for (let step = Math.max(0, last - this.#steps + 1); step <= last; step += 1) {
      const at = step % this.#steps;
      if (this.#isFilled[at] !== 1 || step * this.#stepMs <= sinceMs) continue;
      // A step that is missing now and then is one of a timer that is never quite on time.
      if (before !== undefined && step - before > 2) push(before + 1, null);
      push(step, at);
      before = step;
    }
    return { times, values };
  }

  #valueAt(index: number, at: number): number | null {
    if ((this.#counts[index]?.[at] ?? 0) === 0) return null;
    return Number((this.#values[index]?.[at] ?? 0).toPrecision(6));
  }

  #clear(from: number, to: number): void {
    for (let step = Math.max(from, to - this.#steps + 1); step <= to; step += 1) {
      const at = step % this.#steps;
      this.#isFilled[at] = 0;
      for (const counts of this.#counts) counts[at] = 0;
    }
  }
}
