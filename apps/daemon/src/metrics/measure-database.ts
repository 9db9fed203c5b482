import type { Database } from "@mister-smith/client";
import { countBacklog, countDeadLetters } from "../sql/sync-counts.ts";
import type { Metrics } from "./metrics.ts";

/** However often somebody looks, the database is asked no more often than this, in milliseconds. */
const everyMs = 5_000;

/** Has dead letters and backlog counted before the metrics are shown. */
export function measureDatabase(database: Database, metrics: Metrics): void {
  let askedAt = Number.NEGATIVE_INFINITY;
  metrics.beforeShown("database", async () => {
    if (performance.now() - askedAt < everyMs) return;
    askedAt = performance.now();
    const [letters, backlog] = await Promise.all([countDeadLetters(database), countBacklog(database)]);
    metrics.deadLetters.reset();
    for (const { pipe, count } of letters) metrics.deadLetters.set({ pipe }, count);
    metrics.relayBacklog.reset();
    for (const { kind, pending } of backlog) metrics.relayBacklog.set({ kind }, pending);
    metrics.relayLagSeconds.set(Math.max(0, ...backlog.map(({ oldest_seconds }) => oldest_seconds ?? 0)));
  });
}
