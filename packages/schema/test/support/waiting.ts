import type { Client } from "pg";

/** Resolves once the backend waits for a lock; the condition is polled, for at most ten seconds. */
export async function untilWaiting(observer: Client, backend: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const { rowCount } = await observer.query(
      "SELECT FROM pg_locks WHERE pid = $1 AND NOT granted UNION ALL SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'",
      [backend],
    );
    if (rowCount !== 0) return;
  }
  throw new Error(`backend ${backend} waits for nothing`);
}

/** The process of the server that serves a connection. */
export async function backendOf(client: Client): Promise<number> {
  const { rows } = await client.query({ text: "SELECT pg_backend_pid()", rowMode: "array" });
  return Number(rows[0]?.[0]);
}
