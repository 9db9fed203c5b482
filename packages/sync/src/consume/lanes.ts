/** A place in a line: work that begins when those before it have ended. */
export type Work = () => Promise<void>;

/** Runs work, so much at once, and of one key one after the other. */
export interface Lanes {
  /** Takes work; it begins as soon as it may. Without a key it waits for nothing else. */
  add(key: string | undefined, work: Work): void;
  /** How much has been taken and has not ended. */
  readonly size: number;
}

/** Makes lanes, which tell when work has ended. Work must not throw. */
export function lanes(concurrency: number, ended: () => void): Lanes {
  const waiting: (() => void)[] = [];
  const tails = new Map<string, Promise<void>>();
  let free = concurrency;
  let size = 0;

  return {
    add(key, work) {
      size += 1;
      const before = key === undefined ? undefined : tails.get(key);
      const done = runAfter(before, work).finally(() => {
        size -= 1;
        if (key !== undefined && tails.get(key) === done) tails.delete(key);
        ended();
      });
      if (key !== undefined) tails.set(key, done);
    },
    get size() {
      return size;
    },
  };

  async function runAfter(before: Promise<void> | undefined, work: Work): Promise<void> {
    await before;
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  }
}
