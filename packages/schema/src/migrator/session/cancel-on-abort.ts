import type { ResolvedOptions } from "../options/resolve-options.ts";
import { cancelBackend } from "../sql/cancel-backend.ts";
import { openSession } from "./migrator-session.ts";

/** Ends what the session with process `pid` runs as soon as the caller's signal says so. */
export function cancelOnAbort(options: ResolvedOptions, pid: number): Disposable {
  const cancel = () => void cancelSession(options, pid);
  options.signal?.addEventListener("abort", cancel, { once: true });
  return { [Symbol.dispose]: () => options.signal?.removeEventListener("abort", cancel) };
}

// When the server is gone there is nothing to cancel: the session ends by itself.
async function cancelSession(options: ResolvedOptions, pid: number): Promise<void> {
  try {
    await using session = await openSession({ ...options, readOnly: true });
    await session.any(cancelBackend(pid));
  } catch {}
}
