const firstMs = 2_000;

/** The longest pause between two tries, in milliseconds. */
export const longestBackoffMs = 300_000;

/** How long to wait after so many tries that failed, in milliseconds: twice as long each time, five minutes at most. */
export function backoffMs(attempts: number): number {
  return Math.min(longestBackoffMs, firstMs * 2 ** Math.min(30, Math.max(0, attempts - 1)));
}
