import { ClientError } from "../errors/client-error.ts";

/** Callers that wait for the same thing, each with a time limit and a signal of its own. */
export interface WaitingLine<Item> {
  readonly length: number;
  /**
   * @param until when to give up, by `performance.now()`
   * @param late the error of whoever gives up
   * @throws ClientError `ABORTED`, or what `late` makes
   */
  wait(until: number, signal: AbortSignal | undefined, late: () => ClientError): Promise<Item>;
  /** Gives it to all who wait. */
  serve(item: Item): void;
  /** Refuses it to all who wait now. */
  refuse(reason: ClientError): void;
  /** Ends all waiting, now and later. */
  end(reason: ClientError): void;
  /** A pause that ends early when nobody waits any more. */
  pause(ms: number): Promise<void>;
}

interface Waiter<Item> {
  readonly resolve: (item: Item) => void;
  readonly reject: (error: ClientError) => void;
}

/** Makes an empty line. Timers run, and keep the process alive, only while somebody waits. */
export function waitingLine<Item>(): WaitingLine<Item> {
  const waiters = new Set<Waiter<Item>>();
  const pauses = new Set<() => void>();
  let ended: ClientError | undefined;

  return {
    get length() {
      return waiters.size;
    },
    async wait(until, signal, late) {
      if (ended !== undefined) throw ended;
      if (signal?.aborted === true) throw aborted(signal);
      const { promise, resolve, reject } = Promise.withResolvers<Item>();
      const waiter: Waiter<Item> = { resolve, reject };
      const abort = () => reject(aborted(signal));
      const timer = setTimeout(
        () => reject(late()),
        Math.min(2 ** 31 - 1, Math.max(0, until - performance.now())),
      );
      signal?.addEventListener("abort", abort, { once: true });
      waiters.add(waiter);
      try {
        return await promise;
      } finally {
        waiters.delete(waiter);
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        if (waiters.size === 0) endPauses();
      }
    },
    serve(item) {
      for (const { resolve } of waiters) resolve(item);
    },
    refuse(reason) {
      for (const { reject } of waiters) reject(reason);
    },
    end(reason) {
      ended = reason;
      for (const { reject } of waiters) reject(reason);
      endPauses();
    },
    async pause(ms) {
      if (waiters.size === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      pauses.add(resolve);
      await promise;
      pauses.delete(resolve);
      clearTimeout(timer);
    },
  };

  function endPauses(): void {
    for (const endPause of pauses) endPause();
  }
}

function aborted(signal: AbortSignal | undefined): ClientError {
  return new ClientError("ABORTED", "the caller's signal ended the call", { cause: signal?.reason });
}
