import type { DatabasePool, DatabasePoolConnection } from "slonik";
import { cancelBackend, selectBackendPid } from "../sql/session.ts";

/** Runs work on a connection; when the signal aborts, the server cancels what the connection is running. */
export async function cancelOnAbort<T>(
  pool: DatabasePool,
  signal: AbortSignal,
  work: (connection: DatabasePoolConnection) => Promise<T>,
): Promise<T> {
  return await pool.connect(async (connection) => {
    const { pid } = await connection.one(selectBackendPid);
    // A cancel that fails leaves the statement to its timeout; the command ends all the same.
    const cancel = () => void pool.one(cancelBackend(pid)).catch(() => {});
    signal.addEventListener("abort", cancel);
    try {
      signal.throwIfAborted();
      return await work(connection);
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  });
}
