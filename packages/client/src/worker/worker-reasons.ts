import { ClientError } from "../errors/client-error.ts";

/** Why handlers are asked to end. */
export const reasonToEnd = {
  cancelled: (taskId: string) => new ClientError("ABORTED", `task ${taskId} is to be cancelled`),
  stopping: (taskId: string) => new ClientError("ABORTED", `the worker stops; task ${taskId} is given back`),
  leaseLost: (taskId: string, fencingToken: bigint) =>
    new ClientError("LEASE_LOST", `the lease of attempt ${fencingToken} of task ${taskId} was lost`, {
      hint: "The task may be another worker's by now: do nothing more for it.",
    }),
  notHeard: (taskId: string, leaseMs: number) =>
    new ClientError("LEASE_LOST", `no sign of life of task ${taskId} arrived for nearly ${leaseMs} ms`, {
      hint: "The task may be given to another worker at any time: do nothing more for it.",
    }),
  overdue: (taskId: string, maxExecutionMs: number) =>
    new ClientError("TIMEOUT", `task ${taskId} took longer than ${maxExecutionMs} ms`, {
      hint: "Give such tasks a longer maxExecutionMs.",
    }),
};
