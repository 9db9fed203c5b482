/** When how many jobs were done, to see whether the rate falls. */
export interface Pace {
  readonly onDone: (jobs: number) => void;
  /**
   * Jobs a second while the jobs from `from` to `to` were done. NaN where the run did not come that far.
   */
  readonly between: (from: number, to: number) => number;
  readonly done: () => number;
}

/** Begins to watch. */
export function watchPace(): Pace {
  const start = performance.now();
  const marks: { readonly done: number; readonly at: number }[] = [{ done: 0, at: 0 }];
  let done = 0;
  return {
    onDone: (jobs) => {
      done += jobs;
      const at = performance.now() - start;
      if (at > (marks.at(-1)?.at ?? 0)) marks.push({ done, at });
    },
    between: (from, to) => {
      const first = marks.find((mark) => mark.done >= from);
      const last = marks.find((mark) => mark.done >= to);
      if (first === undefined || last === undefined) return Number.NaN;
      return ((last.done - first.done) / (last.at - first.at)) * 1_000;
    },
    done: () => done,
  };
}
