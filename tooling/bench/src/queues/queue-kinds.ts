import { graphileWorker } from "./graphile-worker-side.ts";
import { pgBoss } from "./pg-boss-side.ts";
import type { QueueKind } from "./queue-side.ts";
import { smithKind } from "./smith-side.ts";

/** The queues that are compared. */
export const queueKinds: readonly QueueKind[] = [
  smithKind({ name: "client", ours: true }),
  pgBoss,
  graphileWorker,
];
