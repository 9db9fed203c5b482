import type { Executor } from "../executor/executor.ts";
import type { Attempt } from "./attempt.ts";
import { claimDeskOf } from "./claim-desk.ts";
import type { Lane } from "./lane.ts";
import type { WorkerSettings } from "./worker-options.ts";

/** The lanes of a worker: one for each type with a `concurrency` of its own, and one for all others. */
export function lanesOf(
  on: Executor,
  agentId: string,
  { handlers, concurrency, prefetch, leaseMs }: WorkerSettings,
): readonly Lane<Attempt>[] {
  const lane = (taskTypes: readonly string[], own: number): Lane<Attempt> => ({
    taskTypes,
    concurrency: Math.min(own, concurrency),
    prefetch,
    desk: claimDeskOf(on, { agentId, taskTypes, leaseMs }),
    running: 0,
    waiting: [],
  });
  const free = [...handlers].filter(([, spec]) => spec.concurrency === undefined).map(([type]) => type);
  const lanes = [...handlers].flatMap(([type, spec]) =>
    spec.concurrency === undefined ? [] : [lane([type], spec.concurrency)],
  );
  return free.length === 0 ? lanes : [lane(free, concurrency), ...lanes];
}
