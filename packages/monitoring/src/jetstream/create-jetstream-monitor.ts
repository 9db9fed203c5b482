import { ClientError } from "@mister-smith/client";
import { ask, fail, type Memory, nothing, snapshot } from "../collect/memory.ts";
import type { Snapshot } from "../collect/snapshot.ts";
import { type JetStreamCollector, jetStreamCollectors } from "./jetstream-collectors.ts";
import type { JetStreamView } from "./jetstream-view.ts";

/** Looks at JetStream, again and again. */
export interface JetStreamMonitor {
  /**
   * Asks what is due, one question after the other, each within its time; one that fails keeps no other from being asked.
   * Never throws; takes `timeoutMs` at most. Looks that are asked for at once are one.
   *
   * @param signal once it is aborted, nothing more is asked in this look
   */
  look(signal?: AbortSignal): Promise<Snapshot>;
}

/** How long it may take. */
export interface JetStreamMonitorOptions {
  /** How long one question may take, in milliseconds. Default: 3,000. */
  readonly collectorTimeoutMs?: number;
  /** How long all questions of one look may take, in milliseconds. Default: 6,000. */
  readonly timeoutMs?: number;
}

/** Makes a monitor of JetStream, which is reached by what is given: `JetStreamManager` of @nats-io/jetstream is one. */
export function createJetStreamMonitor(
  view: JetStreamView,
  { collectorTimeoutMs = 3_000, timeoutMs = 6_000 }: JetStreamMonitorOptions = {},
): JetStreamMonitor {
  const memories = new Map<JetStreamCollector, Memory>(
    jetStreamCollectors.map((collector) => [collector, nothing()]),
  );
  let underWay: Promise<Snapshot> | undefined;
  return {
    look: async (signal) => {
      underWay ??= look(signal).finally(() => {
        underWay = undefined;
      });
      return await underWay;
    },
  };

  async function look(signal: AbortSignal | undefined): Promise<Snapshot> {
    const began = performance.now();
    const left = () => Math.min(collectorTimeoutMs, timeoutMs - (performance.now() - began));
    for (const [collector, memory] of memories) {
      if (signal?.aborted === true) break;
      if (memory.askedAt + collector.intervalMs > began + 500) continue;
      if (left() <= 0) fail(memory, tooLate(collector, 0));
      else await ask(collector, memory, () => within(collector, left()));
    }
    return snapshot(memories);
  }

  async function within(collector: JetStreamCollector, ms: number) {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(tooLate(collector, ms)), ms);
    try {
      return await Promise.race([collector.rows(view), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function tooLate({ name }: JetStreamCollector, ms: number): ClientError {
  return new ClientError("TIMEOUT", `JetStream did not answer ${name} within ${Math.round(ms)} ms`);
}
