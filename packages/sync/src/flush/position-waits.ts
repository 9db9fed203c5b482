import { SyncError } from "../errors/sync-error.ts";
import type { Position } from "./position.ts";

/** Those who wait until a position is reached. */
export class PositionWaits {
  readonly #waiting = new Set<{ readonly sequence: number; readonly resolve: () => void }>();
  #position: Position | undefined;

  get position(): Position | undefined {
    return this.#position;
  }

  moved(position: Position): void {
    this.#position = position;
    for (const entry of this.#waiting) if (entry.sequence <= position.sequence) entry.resolve();
  }

  /**
   * Resolves when the position is at this message or after it, in whichever life of the stream.
   *
   * @throws SyncError `ABORTED` when the signal is aborted before
   */
  async reached(sequence: number, signal?: AbortSignal): Promise<void> {
    if (this.#position !== undefined && this.#position.sequence >= sequence) return;
    if (signal?.aborted === true) throw aborted(sequence, signal);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = { sequence, resolve };
    const abort = () => reject(aborted(sequence, signal));
    this.#waiting.add(entry);
    signal?.addEventListener("abort", abort, { once: true });
    await promise.finally(() => {
      this.#waiting.delete(entry);
      signal?.removeEventListener("abort", abort);
    });
  }
}

function aborted(sequence: number, signal: AbortSignal | undefined): SyncError {
  return new SyncError("ABORTED", `the wait for message ${sequence} was ended by its signal`, {
    cause: signal?.reason,
  });
}
