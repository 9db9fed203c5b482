/** Milliseconds as JetStream counts time. */
export function nanosOf(milliseconds: number): number {
  return milliseconds * 1_000_000;
}
