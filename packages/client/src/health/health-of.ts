import { silenceOf } from "../servers/choose-primary.ts";
import type { PoolHealth } from "./pool-health.ts";
import { poolStateOf, type ShownPool } from "./pool-state.ts";

/** Tells how a pool is, from what is known of its server. */
export function healthOf(shown: ShownPool, takesCalls: boolean): PoolHealth {
  const { server } = shown;
  const { status, answer, latencyMs, error } = server.monitor.state;
  const { lag } = server;
  const isReplica = answer?.role === "replica";
  const healthy = takesCalls && server.breaker.state !== "open";
  return {
    ...poolStateOf(shown),
    role: answer?.role ?? null,
    healthy,
    reachable: status === "up",
    latencyMs: latencyMs ?? null,
    breaker: server.breaker.state,
    lagMs: isReplica ? (lag.ms ?? null) : null,
    lagBytes: isReplica ? (lag.bytes ?? null) : null,
    error: error === undefined ? null : messageOf(error),
    why: sentence(shown, healthy),
  };
}

/** Tells how a pool is whose database was closed: nobody asks its server any more. */
export function healthAtEnd(shown: ShownPool): PoolHealth {
  return { ...healthOf(shown, false), reachable: false, why: "The database was closed." };
}

function sentence(shown: ShownPool, healthy: boolean): string {
  const { server, pool } = shown;
  const { status, answer, error } = server.monitor.state;
  const { address, breaker, lag } = server;
  if (status === "unknown") return `${address} has not answered yet.`;
  if (status !== "up") return `${address} ${error instanceof Error ? silenceOf(error) : "does not answer"}.`;
  if (breaker.state === "open") return `${address} answers, but calls failed too often: its breaker is open.`;
  if (healthy) return busy(shown) ?? (error === undefined ? answering(shown) : served(shown));
  const reads = pool === "replica" || pool === "analytics";
  if (!reads && answer?.role === "replica") return `${address} is in recovery and takes no writes.`;
  if (answer?.role === "primary") return `${address} takes writes, but is not the primary that is in use.`;
  if (answer?.role === "replica" && !server.follows) return stray(shown);
  if (lag.ms === undefined) return `${address} may be too far behind: its lag is not known.`;
  return `${address} is too far behind the primary: ${Math.round(lag.ms)} ms, ${lag.bytes} bytes.`;
}

// Such a role may be meant to read: whether that is well is for who looks at it to say.
function answering({ server: { address, monitor } }: ShownPool): string {
  const { answer } = monitor.state;
  if (answer?.role !== "primary" || answer.readsOnly !== true) return `${address} answers.`;
  return `${address} answers, but writes are refused: default_transaction_read_only is on for this role or database.`;
}

function served({ server }: ShownPool): string {
  return `${server.address} serves callers, but was too busy to answer the probe: ${messageOf(server.monitor.state.error)}.`;
}

function stray({ server: { address, timeline } }: ShownPool): string {
  const where = timeline === undefined ? "does not show its timeline" : `is on timeline ${timeline}`;
  return `${address} ${where}, and does not follow the server that takes writes: let it follow, or build it anew.`;
}

function busy(shown: ShownPool): string | undefined {
  const { waiting, active, address } = poolStateOf(shown);
  return waiting === 0
    ? undefined
    : `${address} answers; all ${active} connections are in use and ${waiting} callers wait.`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
