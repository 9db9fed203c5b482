/** One timer for many deadlines. */
export class DeadlineTimer {
  readonly #onDue: () => number;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;

  /** @param onDue sees to what is due and returns when the next is, by `performance.now()`; infinity for never */
  constructor(onDue: () => number) {
    this.#onDue = onDue;
  }

  /** There is a deadline at this time, by `performance.now()`. */
  expect(dueAt: number): void {
    // Nearly always there is an earlier one.
    if (dueAt >= this.#dueAt) return;
    this.stop();
    this.#dueAt = dueAt;
    const inMs = Math.min(Math.max(dueAt - performance.now(), 0), 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      this.stop();
      this.expect(this.#onDue());
    }, inMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#dueAt = Number.POSITIVE_INFINITY;
  }
}
