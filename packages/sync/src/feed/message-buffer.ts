import type { FeedMessage } from "./feed-message.ts";

/** Messages between the one who reads them and the one who takes them. */
export class MessageBuffer<Held extends FeedMessage> {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  readonly #onRoom: () => void;
  #messages: Held[] = [];
  #bytes = 0;
  #firstAt = 0;
  #ended = false;
  #wakeTaker: (() => void) | undefined;
  #wanted = 0;

  /** @param onRoom told when some were taken and more may come */
  constructor(maxMessages: number, maxBytes: number, onRoom: () => void) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
    this.#onRoom = onRoom;
  }

  get length(): number {
    return this.#messages.length;
  }

  /** Whether no more should be read for now. */
  get isFull(): boolean {
    return this.#messages.length >= this.#maxMessages || this.#bytes >= this.#maxBytes;
  }

  /** Whether {@link end} was called: it takes no more in. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** The one that has waited longest. */
  get oldest(): Held | undefined {
    return this.#messages[0];
  }

  put(message: Held): void {
    if (this.#messages.length === 0) this.#firstAt = performance.now();
    this.#messages.push(message);
    this.#bytes += message.data.length;
    if (this.#messages.length >= this.#wanted || this.isFull) this.#wakeTaker?.();
  }

  /** Nobody reads, or nobody takes, any more: whoever waits goes on. */
  end(): void {
    this.#ended = true;
    this.#wakeTaker?.();
  }

  /**
   * Waits until there are `wanted` messages, or the first one has been there for `maxDelayMs`, or it is full, or it has
   * ended.
   */
  async ready(wanted: number, maxDelayMs: number): Promise<void> {
    this.#wanted = 1;
    while (this.#messages.length === 0 && !this.#ended) await this.#arrival(undefined);
    this.#wanted = wanted;
    const until = this.#firstAt + maxDelayMs;
    while (this.#messages.length < this.#wanted && !this.isFull && !this.#ended) {
      const left = until - performance.now();
      if (left <= 0) return;
      await this.#arrival(left);
    }
  }

  /** Takes out up to so many, the first ones, and no more bytes than asked for where that leaves one. */
  take(maxMessages: number, maxBytes: number): Held[] {
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
    if (!this.isFull) this.#onRoom();
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
