import type { Agent } from "@mister-smith/client";

/** Every status of an agent, as options take them. */
export const agentStatuses = [
  "initializing",
  "active",
  "idle",
  "suspended",
  "terminated",
  "error",
] as const satisfies readonly Agent["status"][];
