import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Database, TaskHandler, TaskHandlerSpec, WorkerOptions } from "../../src/index.ts";
import { createWorker, type Worker } from "../../src/index.ts";
import { eventually } from "./eventually.ts";
import { registerAgents } from "./message-agents.ts";

/** What tests of workers need again and again, for one type of task that no other test uses. */
export interface WorkerLab {
  readonly taskType: string;
  readonly agentId: string;
  /** A worker that looks often, so that tests are quick. */
  worker(handler: TaskHandler | TaskHandlerSpec, options?: Partial<WorkerOptions>): Worker;
  /** Enqueues tasks with these payloads; returns their ids. */
  enqueue(...payloads: readonly number[]): Promise<string[]>;
  status(taskId: string): Promise<string>;
  /** The attempts of a task, in their order: how they ended, and why. */
  attempts(
    taskId: string,
  ): Promise<readonly { readonly status: string; readonly errorMessage: string | null }[]>;
  reaches(taskId: string, status: string): Promise<void>;
}

/** A lab with an agent of its own. */
export async function workerLab(db: Database): Promise<WorkerLab> {
  const taskType = `lab-${randomUUID()}`;
  const [agentId = ""] = await registerAgents(db, ["worker"]);
  const status = async (taskId: string) => (await db.tasks.get(taskId))?.status ?? "missing";
  return {
    taskType,
    agentId,
    worker: (handler, options) =>
      createWorker(db, {
        agentId,
        handlers: { [taskType]: handler },
        pollIntervalMs: { min: 5, max: 50 },
        maintenanceIntervalMs: 100,
        graceMs: 10_000,
        ...options,
      }),
    enqueue: async (...payloads) => {
      const enqueued = await db.tasks.enqueueMany(
        payloads.map((payload) => ({ taskType, payload, retry: { delayMs: 0 } })),
      );
      return enqueued.map(({ taskId }) => taskId);
    },
    status,
    attempts: async (taskId) =>
      (await db.tasks.executions(taskId)).map(({ status, errorMessage }) => ({ status, errorMessage })),
    reaches: async (taskId, wanted) => {
      await eventually(`task ${taskId} is ${wanted}`, async () => (await status(taskId)) === wanted);
      expect(await status(taskId)).toBe(wanted);
    },
  };
}
