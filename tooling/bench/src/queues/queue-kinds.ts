import { graphileWorker } from "./graphile-worker-side.ts";
import { pgBoss } from "./pg-boss-side.ts";
import type { QueueKind } from "./queue-side.ts";

/** The queues that are compared. */
export const queueKinds: readonly QueueKind[] = [pgBoss, graphileWorker];
