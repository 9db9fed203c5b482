const longestMs = 5_000;

/** The pause before a retry: doubles with each attempt up to 5 seconds, and half of it is left to chance. */
export function retryDelayMs(firstMs: number, attempt: number, random: () => number = Math.random): number {
  const fullMs = Math.min(firstMs * 2 ** attempt, longestMs);
  return fullMs * (0.5 + random() / 2);
}
