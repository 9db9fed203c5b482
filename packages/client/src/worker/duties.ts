import { bell } from "./bell.ts";
import type { Duty } from "./worker-ports.ts";

/** Duties under way. */
export interface Duties {
  /** Begins no more. Does not wait for what is under way. */
  stop(): void;
}

/** How much longer a duty waits after trouble, in milliseconds: as long as heartbeats are apart. */
const afterTroubleMs = 5_000;

/** Sees to duties until it is stopped. */
export function seeTo(duties: readonly Duty[], onTrouble: (duty: Duty, error: unknown) => void): Duties {
  const stops = duties.map((duty) => seeToOne(duty, onTrouble));
  return {
    stop() {
      for (const stop of stops) stop();
    },
  };
}

function seeToOne(duty: Duty, onTrouble: (duty: Duty, error: unknown) => void): () => void {
  const stopped = bell();
  let isStopped = false;
  void run();
  return () => {
    isStopped = true;
    stopped.ring();
  };

  async function run(): Promise<void> {
    let moreInMs: number | undefined;
    while (true) {
      // Scattered, so that many workers do not all come at once.
      await stopped.wait(
        Math.min(moreInMs ?? Number.POSITIVE_INFINITY, duty.intervalMs * (0.5 + Math.random())),
      );
      if (isStopped) return;
      try {
        moreInMs = await duty.run((error) => onTrouble(duty, error));
      } catch (error) {
        moreInMs = undefined;
        onTrouble(duty, error);
        // Whoever was cut off as we were shall give a sign of life before we take its tasks away.
        await stopped.wait(afterTroubleMs);
      }
    }
  }
}
