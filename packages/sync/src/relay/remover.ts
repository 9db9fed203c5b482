import { setTimeout as pause } from "node:timers/promises";
import { bell } from "./bell.ts";

/** What takes published events from the table. */
export interface RemoverPorts {
  readonly remove: (eventIds: readonly number[]) => Promise<void>;
  /** They are gone from the table. */
  readonly removed: (eventIds: readonly number[]) => void;
  /** They could not be removed; it is tried again. */
  readonly failed: (error: unknown) => void;
  /** Whether more will come soon: then it is worth a moment to take them along. */
  readonly moreToCome: () => boolean;
}

/** Takes published events from the table, as many at once as have come while the last ones were taken. */
export interface Remover {
  add(eventId: number): void;
  readonly size: number;
  /** Takes what there is, and resolves when that is done, or has failed. */
  finish(): Promise<void>;
}

const worthWaitingFor = 256;

/** Makes a remover, which works until `ended`. */
export function remover(ports: RemoverPorts, ended: AbortSignal): Remover {
  let waiting: number[] = [];
  let taking: readonly number[] = [];
  const wake = bell();
  const done = run();
  return {
    add(eventId) {
      waiting.push(eventId);
      wake.ring();
    },
    get size() {
      return waiting.length + taking.length;
    },
    async finish() {
      wake.ring();
      await done;
      if (waiting.length > 0) await take().catch(ports.failed);
    },
  };

  async function run(): Promise<void> {
    let failures = 0;
    while (!ended.aborted) {
      if (waiting.length === 0) await wake.wait(1_000);
      else if (waiting.length < worthWaitingFor && ports.moreToCome()) await pause(3);
      if (waiting.length === 0 || ended.aborted) continue;
      try {
        await take();
        failures = 0;
      } catch (error) {
        failures += 1;
        ports.failed(error);
        await pause(Math.min(2_000, 50 * 2 ** failures), undefined, { signal: ended }).catch(() => {});
      }
    }
  }

  async function take(): Promise<void> {
    taking = waiting;
    waiting = [];
    try {
      await ports.remove(taking);
      ports.removed(taking);
    } catch (error) {
      waiting = [...taking, ...waiting];
      throw error;
    } finally {
      taking = [];
    }
  }
}
