import type { Position } from "../flush/position.ts";
import { tell } from "../lifecycle/tell.ts";
import type { StateDifference } from "../verify/difference.ts";
import { type VerifyProgress, type VerifyReport, verifyStores } from "../verify/verify-stores.ts";
import type { BothStores } from "./hydrate.ts";

/** When both stores are compared after a hydration, and who hears of it. What a listener throws becomes a warning of the process. */
export interface CheckOptions extends BothStores {
  /** How long a flusher that does not come further is waited for before the comparison, in milliseconds. Default: 30000. */
  readonly flusherPatienceMs?: number | undefined;
  /** Hears that a comparison begins. */
  readonly onVerifying?: ((start: CheckStart) => void) | undefined;
  /** Hears how far a comparison is. */
  readonly onVerifyProgress?: ((progress: VerifyProgress) => void) | undefined;
  /** Hears of each difference, and what was done about it. */
  readonly onDifference?: ((difference: StateDifference) => void) | undefined;
  /** Hears of each comparison that came to its end. */
  readonly onVerified?: ((report: VerifyReport) => void) | undefined;
  /** Hears of what went wrong; it is tried again by itself. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** What is known when a comparison begins. */
export interface CheckStart {
  /** The message of the bucket up to which the flusher should be. */
  readonly due: number;
  /** Where it is. */
  readonly position: Position;
  /** Whether it is there; else it has not come further for all our patience. */
  readonly isFlushed: boolean;
}

/** The comparisons after hydrations, one at a time. */
export interface Checks {
  /** One is to be made as soon as everything up to this message of the bucket is flushed. */
  due(sequence: number): void;
  /** Begins the one that is due, when it is time. It does not wait for its end. */
  look(position: Position): void;
  /** Ends the one that runs, and forgets the one that is due. */
  stop(): Promise<void>;
}

/** After a comparison that failed the next is not made for so long, in milliseconds. */
const retryAfterMs = 30_000;

/** Makes them. */
export function createChecks(options: CheckOptions): Checks {
  const { database, link, flusherPatienceMs = 30_000, onError } = options;
  const { onVerifying, onVerifyProgress, onDifference, onVerified } = options;
  let due: number | undefined;
  let notBefore = 0;
  let seen = { sequence: -1, atMs: 0 };
  let running: { readonly stopping: AbortController; readonly done: Promise<void> } | undefined;

  return {
    due(sequence) {
      due = sequence;
      notBefore = 0;
      seen = { sequence: -1, atMs: 0 };
    },
    look(position) {
      if (due === undefined || running !== undefined || performance.now() < notBefore) return;
      const isFlushed = position.sequence >= due;
      if (!isFlushed && comesFurther(position)) return;
      tell(onVerifying, { due, position, isFlushed });
      const stopping = new AbortController();
      running = { stopping, done: compare(stopping.signal) };
    },
    async stop() {
      due = undefined;
      running?.stopping.abort();
      await running?.done;
    },
  };

  function comesFurther({ sequence }: Position): boolean {
    const now = performance.now();
    if (sequence !== seen.sequence) seen = { sequence, atMs: now };
    return now - seen.atMs < flusherPatienceMs;
  }

  async function compare(signal: AbortSignal): Promise<void> {
    try {
      const report = await verifyStores(
        { database, link },
        // Whoever wants them listed hears of each one.
        { repair: true, maxListed: 0, signal, onDifference, onProgress: onVerifyProgress },
      );
      due = undefined;
      tell(onVerified, report);
    } catch (error) {
      if (signal.aborted) return;
      notBefore = performance.now() + retryAfterMs;
      tell(onError, error);
    } finally {
      running = undefined;
    }
  }
}
