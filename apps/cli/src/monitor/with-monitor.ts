import { createMonitor, type Monitor, type Snapshot } from "@mister-smith/monitoring";
import type { Context } from "../context.ts";
import { advisedError } from "../database/advised-error.ts";
import { defaultUser } from "../database/open-database.ts";

/**
 * Looks at the configured server with the bounds of a monitor, and ends its connection whatever happens.
 *
 * @param doing what is being done, as "cannot …" would continue
 */
export async function withMonitor<Result>(
  context: Context,
  doing: string,
  work: (monitor: Monitor) => Promise<Result>,
): Promise<Result> {
  const { connectTimeoutMs } = (await context.config()).values.database;
  const url = new URL(await context.databaseUrl());
  if (url.username === "") url.username = defaultUser();
  try {
    await using monitor = await createMonitor({
      url: url.href,
      collectorTimeoutMs: connectTimeoutMs,
      timeoutMs: connectTimeoutMs * 3,
    });
    return await work(monitor);
  } catch (error) {
    context.signal.throwIfAborted();
    throw advisedError(error, doing);
  }
}

/** A look of which something came; where nothing did, the reason is thrown. */
export async function lookOrThrow(monitor: Monitor): Promise<Snapshot> {
  const snapshot = await monitor.look();
  const answered = snapshot.collectors.filter(({ answeredAt }) => answeredAt !== null);
  const [first] = snapshot.collectors;
  if (answered.length === 0 && first !== undefined && first.error !== null) throw first.error;
  return snapshot;
}
