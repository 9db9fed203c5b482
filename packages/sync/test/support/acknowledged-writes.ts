import { setTimeout as pause } from "node:timers/promises";
import type { SyncLab } from "./sync-lab.ts";

/** Writers of numbered values, and what was acknowledged of them. */
export interface AcknowledgedWrites {
  /** The last acknowledged number of each key. */
  readonly last: ReadonlyMap<string, number>;
  /** Lets the writes that are under way end. */
  stop(): Promise<void>;
}

/** Writes keys of an agent, each one write after the other, until it is stopped; what fails may be stored or not. */
export function writeNumbers(lab: SyncLab, agentId: string, keys: readonly string[]): AcknowledgedWrites {
  const last = new Map<string, number>();
  let running = true;
  const writer = async (key: string) => {
    for (let number = 1; running; number += 1) {
      try {
        await lab.put(agentId, key, number);
        last.set(key, number);
      } catch {
        // Its outcome is not known. A link that was closed fails at once: nothing else would have its turn.
        await pause(5);
      }
    }
  };
  const done = Promise.all(keys.map(writer));
  return {
    last,
    stop: async () => {
      running = false;
      await done;
    },
  };
}
