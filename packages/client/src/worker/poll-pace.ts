/** How long to wait before the next look, in milliseconds: longer each time that there was nothing. */
export interface PollPace {
  next(): number;
  /** There was something: look again soon. */
  reset(): void;
}

/**
 * Doubles from `minMs` to `maxMs`. Each wait is scattered by up to a quarter, so that many workers do not come at once.
 *
 * @param random between 0 and 1
 */
export function pollPace(minMs: number, maxMs: number, random: () => number = Math.random): PollPace {
  let delayMs = minMs;
  return {
    next() {
      const wait = delayMs * (1 - random() / 4);
      delayMs = Math.min(delayMs * 2, maxMs);
      return wait;
    },
    reset() {
      delayMs = minMs;
    },
  };
}
