import type { Database } from "../database/database.ts";
import { eventHub } from "../events/event-hub.ts";
import { failureOf } from "../resilience/failure.ts";
import { type Bell, bell } from "./bell.ts";
import { Engine } from "./engine.ts";
import { pollPace } from "./poll-pace.ts";
import type { Worker } from "./worker.ts";
import { workerAgent } from "./worker-agent.ts";
import type { WorkerEvents } from "./worker-events.ts";
import { settleWorkerOptions, type WorkerOptions, type WorkerSettings } from "./worker-options.ts";
import type { WorkerPorts } from "./worker-ports.ts";
import { workerPortsOf } from "./worker-ports-of.ts";

/**
 * Makes a worker: it claims tasks of the types that it has handlers for, does them, and records how each attempt ended.
 *
 * A task is done at least once. Two workers never hold one at the same time, and a worker that comes back after its lease
 * ran out can neither complete the task nor overwrite what another made of it.
 *
 * @throws ClientError `INVALID_INPUT` naming the option that is not allowed
 * @example
 * ```ts
 * const worker = createWorker(db, {
 *   agent: { agentType: "mailer", agentName: "mailer-1" },
 *   handlers: { mail: async ({ payload }, { signal }) => await sendMail(payload, signal) },
 * });
 * await worker.start();
 * ```
 */
export function createWorker(db: Database, options: WorkerOptions): Worker {
  const settings = settleWorkerOptions(options);
  return workerWith(settings, workerPortsOf(db, settings.maintenanceIntervalMs));
}

/** One life of a worker, from a start to the next stop. */
interface Life {
  isOver: boolean;
  readonly end: Bell;
  engine?: Engine;
}

/** A worker with ports of one's own. */
export function workerWith(settings: WorkerSettings, ports: WorkerPorts): Worker {
  const hub = eventHub<WorkerEvents>();
  let life: Life | undefined;
  let starting = Promise.resolve();
  let stopping = Promise.resolve();

  function start(): Promise<void> {
    if (life === undefined) {
      life = { isOver: false, end: bell() };
      starting = live(life, stopping);
    }
    return starting;
  }

  async function live(mine: Life, before: Promise<void>): Promise<void> {
    await before;
    try {
      const agentId = await agentOf(mine);
      if (agentId !== undefined) mine.engine = new Engine({ agentId, settings, ports, hub });
    } catch (error) {
      if (life === mine) life = undefined;
      throw error;
    }
  }

  // Until the database can be reached, or the worker is stopped.
  async function agentOf(mine: Life): Promise<string | undefined> {
    const pace = pollPace(100, 5_000);
    while (!mine.isOver) {
      try {
        const agentId = await workerAgent(ports.work, settings.agent);
        return mine.isOver ? undefined : agentId;
      } catch (error) {
        if (failureOf(error) === "final") throw error;
        hub.emit("error", { doing: "find the agent of the worker", error });
        await mine.end.wait(pace.next());
      }
    }
    return undefined;
  }

  function stop(): Promise<void> {
    if (life !== undefined) {
      stopping = end(life, starting);
      life = undefined;
    }
    return stopping;
  }

  async function end(mine: Life, started: Promise<void>): Promise<void> {
    mine.isOver = true;
    mine.end.ring();
    // Whoever started it is told.
    await started.catch(() => {});
    await mine.engine?.stop();
  }

  async function drain(): Promise<void> {
    await start();
    await life?.engine?.drain();
    await stop();
  }

  return { start, stop, drain, on: hub.on, [Symbol.asyncDispose]: stop };
}
