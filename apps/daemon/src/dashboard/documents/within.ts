import { setTimeout as pause } from "node:timers/promises";
import { SmithError } from "@mister-smith/errors";

/**
 * What is promised, within a time in milliseconds.
 *
 * @throws SmithError `TIMEOUT` when it takes longer
 */
export async function within<Promised>(ms: number, promised: Promise<Promised>): Promise<Promised> {
  const stop = new AbortController();
  const late = pause(ms, undefined, { signal: stop.signal }).then(() => {
    throw new SmithError("TIMEOUT", `there was no answer within ${ms} ms`, { retryable: true });
  });
  // Whoever comes second is not waited for.
  late.catch(() => {});
  promised.catch(() => {});
  return await Promise.race([promised, late]).finally(() => stop.abort());
}
