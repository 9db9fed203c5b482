import type { AgentLives, Service } from "@mister-smith/sync";
import type { Readiness } from "../http/status-server.ts";
import type { Connections } from "./connections.ts";

/** How long a server may take to answer, in milliseconds. */
const probeTimeoutMs = 2_000;

/**
 * Whether the daemon does its work: its servers answer, it has the connections that it needs, and no part is stuck. A part whose role another daemon leads is
 * as it should be.
 */
export async function readinessOf(
  connections: Connections | { readonly waitsFor: string },
  parts: readonly Service[],
  lives: AgentLives,
): Promise<Readiness> {
  const agents = lives.counts();
  if ("waitsFor" in connections) return { ready: false, why: [connections.waitsFor], parts: {}, agents };
  const statuses = parts.map((part) => ({ name: part.name, ...part.status() }));
  const stuck = statuses
    .filter(({ state }) => state === "stuck" || state === "stopping" || state === "stopped")
    .map(({ name, state, why }) => `${name} is ${state}${why === undefined ? "" : `: ${why}`}`);
  const [database, nats] = await Promise.all([probeDatabase(connections), probeNats(connections)]);
  const why = [database, connections.refused.shortage(), nats, ...stuck].filter(
    (reason) => reason !== undefined,
  );
  return {
    ready: why.length === 0,
    why,
    parts: Object.fromEntries(statuses.map(({ name, state, why: reason }) => [name, { state, why: reason }])),
    agents,
  };
}

/** Why PostgreSQL does not answer, in a sentence; undefined while it does. */
export async function probeDatabase({
  database,
}: Pick<Connections, "database">): Promise<string | undefined> {
  const { pools } = await database.health();
  const primary = pools.find(({ pool }) => pool === "primary");
  return primary === undefined || primary.healthy ? undefined : `PostgreSQL: ${primary.why}`;
}

async function probeNats({ link }: Connections): Promise<string | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve(`NATS does not answer within ${probeTimeoutMs} ms`), probeTimeoutMs);
  const answer = link.connection.rtt().then(
    () => undefined,
    (error: unknown) => `NATS: ${error instanceof Error ? error.message : String(error)}`,
  );
  return await Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
