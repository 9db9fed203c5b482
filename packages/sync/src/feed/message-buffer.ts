import type { FeedMessage } from "./feed-message.ts";

/** Messages between the one who reads them and the one who takes them, within bounds. */
export class MessageBuffer {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  #messages: FeedMessage[] = [];
  #bytes = 0;
  #firstAt = 0;
  #ended = false;
  #wakeReader: (() => void) | undefined;
  #wakeTaker: (() => void) | undefined;
  #wanted = 0;

  constructor(maxMessages: number, maxBytes: number) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#messages.length;
  }

  /** The one that has waited longest. */
  get oldest(): FeedMessage | undefined {
    return this.#messages[0];
  }

  /** Puts a message in; the promise, where there is one, resolves when there is room for the next. */
  put(message: FeedMessage): Promise<void> | undefined {
    if (this.#messages.length === 0) this.#firstAt = performance.now();
    this.#messages.push(message);
    this.#bytes += message.data.length;
    if (this.#messages.length >= this.#wanted) this.#wakeTaker?.();
    if (this.#messages.length < this.#maxMessages && this.#bytes < this.#maxBytes) return undefined;
    this.#wakeTaker?.();
    return this.#ended
      ? undefined
      : new Promise((resolve) => {
          this.#wakeReader = resolve;
        });
  }

  /** Nobody reads, or nobody takes, any more: whoever waits goes on. */
  end(): void {
    this.#ended = true;
    this.#wakeReader?.();
    this.#wakeTaker?.();
  }

  /**
   * Waits until there are `wanted` messages, or the first one has been there for `maxDelayMs`, or no more fit in, or it
   * has ended.
   */
  async ready(wanted: number, maxDelayMs: number): Promise<void> {
    this.#wanted = 1;
    while (this.#messages.length === 0 && !this.#ended) await this.#arrival(undefined);
    this.#wanted = Math.min(wanted, this.#maxMessages);
    const until = this.#firstAt + maxDelayMs;
    while (this.#messages.length < this.#wanted && this.#bytes < this.#maxBytes && !this.#ended) {
      const left = until - performance.now();
      if (left <= 0) return;
      await this.#arrival(left);
    }
  }

  /** Takes out up to so many, the first ones, and no more bytes than asked for where that leaves one. */
  take(maxMessages: number, maxBytes: number): FeedMessage[] {
    let bytes = 0;
    let count = 0;
    for (const { data } of this.#messages) {
      if (count >= maxMessages || (count > 0 && bytes + data.length > maxBytes)) break;
      bytes += data.length;
      count += 1;
    }
    const taken = this.#messages.slice(0, count);
    this.#messages = this.#messages.slice(count);
    this.#bytes -= bytes;
    this.#firstAt = performance.now();
    this.#wakeReader?.();
    this.#wakeReader = undefined;
    return taken;
  }

  #arrival(timeoutMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => wake(), timeoutMs);
      const wake = () => {
        clearTimeout(timer);
        this.#wakeTaker = undefined;
        resolve();
      };
      this.#wakeTaker = wake;
    });
  }
}
