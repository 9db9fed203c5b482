import type { EmbeddedPostgres } from "@mister-smith/embedded";
import type pg from "pg";
import { connect, withDatabase } from "../server.ts";
import { payloads } from "./payloads.ts";
import type { QueueKind, QueueSide } from "./queue-side.ts";

/** A side that is open, with a connection of ours to its database. */
export interface OpenSide {
  readonly kind: QueueKind;
  readonly side: QueueSide;
  readonly admin: pg.Client;
}

/** Opens every side on a database of its own and closes them when `work` is done. */
export async function withSides(
  server: EmbeddedPostgres,
  kinds: readonly QueueKind[],
  work: (sides: readonly OpenSide[]) => Promise<void>,
  opened: readonly OpenSide[] = [],
): Promise<void> {
  const [kind, ...rest] = kinds;
  if (kind === undefined) return await work(opened);
  await withDatabase(server, `bench_queue_${opened.length}`, async (url) => {
    await using side = await kind.open(url);
    const admin = await connect(server, new URL(url).pathname.slice(1));
    try {
      await withSides(server, rest, work, [...opened, { kind, side, admin }]);
    } finally {
      await admin.end();
    }
  });
}

/** Puts `jobs` into the empty queue, and lets the planner know, as autovacuum would after a minute. */
export async function fill({ side, admin }: OpenSide, jobs: number): Promise<void> {
  await side.clear();
  await enqueueBatches(side, jobs);
  await admin.query("ANALYZE");
}

/** Puts `jobs` in, a thousand a call, one call after the other. */
export async function enqueueBatches(side: QueueSide, jobs: number): Promise<void> {
  const batch = payloads(1_000);
  for (let left = jobs; left > 0; left -= batch.length) await side.enqueueMany(batch.slice(0, left));
}

/**
 * Runs workers and returns the seconds that `jobs` would have taken at their rate: a side may do a few more.
 *
 * @throws Error if the rows of the database do not say that as many were completed
 */
export async function timed(
  { kind, side }: OpenSide,
  jobs: number,
  work: () => Promise<number>,
): Promise<number> {
  const before = await side.pending();
  const start = performance.now();
  const done = await work();
  const seconds = (performance.now() - start) / 1_000;
  const completed = before - (await side.pending());
  if (completed !== done || done < jobs)
    throw new Error(`${kind.name} did ${done} of ${jobs} jobs, and ${completed} rows say so`);
  return (seconds * jobs) / done;
}
