import { ClientError } from "../errors/client-error.ts";
import type { ProbeAnswer } from "../servers/probe-statement.ts";
import type { Server } from "../servers/server.ts";

/**
 * Refuses a replica that has lost its place: after a crash it may take up again before where it was, and whoever was
 * sent there for a write that it had would not find it.
 *
 * @throws ClientError `NO_PRIMARY`
 */
export function admitReader(server: Server, answer: ProbeAnswer): void {
  const before = server.monitor.state.answer;
  if (before?.role !== "replica" || answer.role !== "replica") return;
  if ((answer.lsn ?? 0n) >= (before.lsn ?? 0n)) return;
  server.monitor.heard(answer);
  throw new ClientError("NO_PRIMARY", `${server.address} is behind where it was: it has been restarted`, {
    retryable: true,
    details: { servers: [{ address: server.address, why: "is behind where it was" }] },
  });
}
