/** Wakes the one who waits for it. */
export interface Bell {
  /** Returns when it rings, when it has rung since the last wait, or after so many milliseconds. */
  wait(timeoutMs: number): Promise<void>;
  ring(): void;
}

/** Makes a bell. Many rings while nobody waits are one. */
export function bell(): Bell {
  let hasRung = false;
  let wake: (() => void) | undefined;
  return {
    async wait(timeoutMs) {
      if (!hasRung) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, timeoutMs);
        wake = resolve;
        await promise;
        clearTimeout(timer);
        wake = undefined;
      }
      hasRung = false;
    },
    ring() {
      hasRung = true;
      wake?.();
    },
  };
}
