import type { Executor } from "../../executor/executor.ts";
import type { TaskWork } from "../task-work.ts";
import { claimTasks } from "./claim-tasks.ts";
import { completeTasks } from "./complete-tasks.ts";
import { failTasks } from "./fail-tasks.ts";
import { heartbeatTasks } from "./heartbeat-tasks.ts";
import { releaseTasks } from "./release-tasks.ts";

/** Binds what workers do with tasks to a database or a transaction. */
export function taskWorkOn(on: Executor): TaskWork {
  return {
    claim: (request, options) => claimTasks(on, request, options),
    complete: (completions, options) => completeTasks(on, completions, options),
    fail: (failures, options) => failTasks(on, failures, options),
    release: (claims, options) => releaseTasks(on, claims, options),
    heartbeat: (heartbeats, leaseMs, options) => heartbeatTasks(on, heartbeats, leaseMs, options),
  };
}
