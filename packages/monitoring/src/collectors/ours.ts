import { sql } from "@mister-smith/client";
import { collectedRow } from "../collect/collected-row.ts";
import type { Collector } from "../collect/collector.ts";
import { gauge } from "../metrics/metric.ts";

const row = sql.type(collectedRow);

/** The task queue. */
export const taskQueue: Collector = {
  name: "task_queue",
  asks: "how much there is to do, for the fifty types with the most",
  needs: "nothing",
  intervalMs: 15_000,
  statement: ({ hasOurSchema }) =>
    hasOurSchema
      ? row`
    SELECT
      b.task_type, b.ready, b.delayed, b.running, b.dead,
      GREATEST(COALESCE(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - b.oldest_ready_at), 0), 0) AS oldest
    FROM tasks.backlog AS b
    ORDER BY b.ready + b.running + b.dead DESC, b.task_type
    LIMIT 50`
      : null,
  metrics: {
    ready: gauge("smith_tasks_ready", "Tasks that could be claimed now", "task_type"),
    delayed: gauge("smith_tasks_delayed", "Tasks that wait for their time", "task_type"),
    running: gauge("smith_tasks_running", "Tasks that somebody works on", "task_type"),
    dead: gauge("smith_tasks_dead", "Tasks that failed for good", "task_type"),
    oldest: gauge(
      "smith_tasks_oldest_ready_seconds",
      "For how long the oldest ready task could have been claimed",
      "task_type",
    ),
  },
};

/** The outbox. */
export const outbox: Collector = {
  name: "outbox",
  asks: "how many events wait to be published",
  needs: "nothing",
  intervalMs: 15_000,
  statement: ({ hasOurSchema }) =>
    hasOurSchema
      ? row`
    SELECT
      b.kind, b.pending, b.parked,
      GREATEST(COALESCE(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - b.oldest), 0), 0) AS oldest
    FROM sync.outbox_backlog AS b
    ORDER BY b.kind`
      : null,
  metrics: {
    pending: gauge("smith_outbox_pending_events", "Events that wait to be published", "kind"),
    parked: gauge(
      "smith_outbox_parked_events",
      "Events that were given up until somebody looks at them",
      "kind",
    ),
    oldest: gauge("smith_outbox_oldest_seconds", "Age of the oldest event that waits", "kind"),
  },
};
