import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import { textInput } from "../text/text-input.ts";
import type { TaskHandler, TaskHandlerSpec } from "./task-handler.ts";

/** How a worker works. */
export interface WorkerOptions {
  /** For whom it works: an agent of `agents.registry`. Attempts are recorded as this agent's. Or give `agent`. */
  readonly agentId?: string | undefined;
  /** The agent by its type and name: found, or registered when the worker starts and there is none. */
  readonly agent?: { readonly agentType: string; readonly agentName: string } | undefined;
  /** Who does what: by the type of the task. */
  readonly handlers: { readonly [taskType: string]: TaskHandler | TaskHandlerSpec };
  /** How many tasks it does at once. Default: 10. */
  readonly concurrency?: number | undefined;
  /**
   * How many tasks it claims ahead of that, of each type with a `concurrency` of its own and of all others together, so that
   * handlers need not wait for a claim. Claimed tasks are no other worker's. Default: 0.
   */
  readonly prefetch?: number | undefined;
  /** For how long other workers keep away when it is not heard of, in milliseconds. Default: 30000. */
  readonly leaseMs?: number | undefined;
  /**
   * How often it gives a sign of life for all its tasks, and learns which are to be cancelled, in milliseconds.
   * Default: a third of `leaseMs`, 5000 at most.
   */
  readonly heartbeatIntervalMs?: number | undefined;
  /**
   * How long it waits between two looks when there is nothing to do, in milliseconds: doubling from `min` to `max`. What is
   * enqueued on the same database object wakes it at once; in a transaction of that object, when it is committed. Default: 100 to 2000.
   */
  readonly pollIntervalMs?: { readonly min: number; readonly max: number } | undefined;
  /**
   * How often it looks after what others left: leases that ran out, tasks that expired, due schedules; in milliseconds, about.
   * 0: never; then another worker must. Leases of its own types that ran out are taken note of by its claims, too.
   * Default: 5000.
   */
  readonly maintenanceIntervalMs?: number | undefined;
  /** How long `stop()` lets handlers go on, in milliseconds. Default: 30000. */
  readonly graceMs?: number | undefined;
  /** How long handlers have to end once their signal is aborted by `stop()`, in milliseconds. Default: 1000. */
  readonly abortGraceMs?: number | undefined;
  /**
   * How long handlers have to end once their signal is aborted because the task is cancelled or its lease is lost, in
   * milliseconds. Then the place is another task's and the end of the attempt is recorded, whatever the handler still does;
   * the event `abandoned` tells of it. Default: 10000.
   */
  readonly cancelGraceMs?: number | undefined;
}

/** {@link WorkerOptions} with nothing left open. */
export interface WorkerSettings {
  readonly agent: { readonly agentId: string } | { readonly agentType: string; readonly agentName: string };
  readonly handlers: ReadonlyMap<string, TaskHandlerSpec>;
  readonly concurrency: number;
  readonly prefetch: number;
  readonly leaseMs: number;
  readonly heartbeatIntervalMs: number;
  readonly pollIntervalMs: { readonly min: number; readonly max: number };
  readonly maintenanceIntervalMs: number;
  readonly graceMs: number;
  readonly abortGraceMs: number;
  readonly cancelGraceMs: number;
}

const ms = z.int().min(0).max(86_400_000);
const handle = z.custom<TaskHandler>((value) => typeof value === "function", "must be a function");
const concurrency = z.int().min(1).max(10_000);

const handler = z.union([
  handle.transform((handle) => ({ handle })),
  z.strictObject({
    handle,
    concurrency: concurrency.optional(),
    payload: z.instanceof(z.ZodType).optional(),
  }),
]);

const workerOptions = z
  .strictObject({
    agentId: z.guid().optional(),
    agent: z.strictObject({ agentType: textInput(50), agentName: textInput(255) }).optional(),
    handlers: z.record(textInput(100), handler),
    concurrency: concurrency.default(10),
    prefetch: z.int().min(0).max(10_000).default(0),
    leaseMs: ms.min(100).default(30_000),
    heartbeatIntervalMs: ms.min(10).optional(),
    pollIntervalMs: z.strictObject({ min: ms.min(1), max: ms.min(1) }).default({ min: 100, max: 2_000 }),
    maintenanceIntervalMs: ms.default(5_000),
    graceMs: ms.default(30_000),
    abortGraceMs: ms.default(1_000),
    cancelGraceMs: ms.default(10_000),
  })
  .refine(({ agentId, agent }) => (agentId === undefined) !== (agent === undefined), {
    error: "give agentId or agent",
  })
  .refine(({ handlers }) => Object.keys(handlers).length > 0, {
    error: "give a handler for one type of task at least",
    path: ["handlers"],
  })
  .refine(({ pollIntervalMs: { min, max } }) => min <= max, {
    error: "min is greater than max",
    path: ["pollIntervalMs"],
  })
  .refine(({ leaseMs, heartbeatIntervalMs = 0 }) => heartbeatIntervalMs <= leaseMs / 2, {
    error: "must be half of leaseMs at most",
    path: ["heartbeatIntervalMs"],
  });

/** Checks a worker's options and fills in what was left out. */
export function settleWorkerOptions(options: WorkerOptions): WorkerSettings {
  const { agentId, agent, handlers, heartbeatIntervalMs, ...given } = parseInput(
    workerOptions,
    options,
    "the options of the worker",
  );
  return {
    ...given,
    // One of the two is there, as checked.
    agent: agent ?? { agentId: agentId ?? "" },
    handlers: new Map(Object.entries(handlers)),
    heartbeatIntervalMs: heartbeatIntervalMs ?? Math.min(given.leaseMs / 3, 5_000),
  };
}
