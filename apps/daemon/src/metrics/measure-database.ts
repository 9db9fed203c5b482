import type { Database } from "@mister-smith/client";
import { countBacklog, countDeadLetters } from "../sql/sync-counts.ts";
import type { Metrics } from "./metrics.ts";

/**
 * Has dead letters and backlog counted before the metrics are shown. What cannot be counted in time is left out: an old
 * value, or 0, would be a lie.
 *
 * @param everyMs however often somebody looks, the database is asked no more often than this, in milliseconds
 */
export function measureDatabase(database: Database, metrics: Metrics, everyMs = 5_000): void {
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  metrics.beforeShown("database", async () => {
    if (asking === undefined && performance.now() - askedAt < everyMs) return;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    await asking;
  });

  async function ask(): Promise<void> {
    askedAt = performance.now();
    leaveOutDatabase(metrics);
    const [letters, backlog] = await Promise.all([countDeadLetters(database), countBacklog(database)]);
    for (const { pipe, count } of letters) metrics.deadLetters.set({ pipe }, count);
    for (const { kind, pending } of backlog) metrics.relayBacklog.set({ kind }, pending);
    metrics.relayLagSeconds.set(Math.max(0, ...backlog.map(({ oldest_seconds }) => oldest_seconds ?? 0)));
  }
}

/** Leaves out what {@link measureDatabase} shows, until it has been measured. */
export function leaveOutDatabase(metrics: Metrics): void {
  metrics.deadLetters.reset();
  metrics.relayBacklog.reset();
  metrics.relayLagSeconds.remove();
}
