import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { type EffectiveConfig, instanceOf } from "@mister-smith/cli/config";
import { AgentLives, type RoleService, type Service } from "@mister-smith/sync";
import { createDashboard } from "./dashboard/dashboard.ts";
import { readPageFiles } from "./http/page-files.ts";
import { type StatusServer, startStatusServer } from "./http/status-server.ts";
import type { Log } from "./log.ts";
import { leaveOutDatabase, measureDatabase } from "./metrics/measure-database.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { leaveOutAll, toldBy } from "./metrics/role-gauges.ts";
import { channelsOf } from "./parts/channels.ts";
import { composeParts } from "./parts/compose-parts.ts";
import { databaseAway } from "./parts/database-away.ts";
import { type Connections, openConnections } from "./program/connections.ts";
import { probeDatabase, readinessOf } from "./program/readiness.ts";
import { version } from "./version.ts";

/** What a daemon needs. */
export interface DaemonOptions {
  readonly config: EffectiveConfig;
  /** Where the secrets are that the configuration names. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Ends a start that waits for its servers. */
  readonly signal: AbortSignal;
}

/** A daemon that runs. */
export interface Daemon {
  /** Where it serves its page, `/healthz`, `/readyz` and `/metrics`. */
  readonly url: string;
  /**
   * Lets what has begun come to its end, for `daemon.drainTimeoutMs` at most, gives the roles back and closes everything.
   * Resolves to the names of the parts that did not come to their end in time; to none when it is drained.
   */
  stop(): Promise<readonly string[]>;
}

/**
 * Starts the daemon. Its pages answer at once; it waits for PostgreSQL and NATS for as long as they are away, and is not
 * ready meanwhile.
 *
 * @throws SmithError when its port is taken or its configuration names no server
 */
export async function startDaemon({ config, env, log, signal }: DaemonOptions): Promise<Daemon> {
  const { daemon } = config.values;
  const metrics = createMetrics(version);
  leaveOutAll(metrics);
  leaveOutDatabase(metrics);
  const holder = `${hostname()}:${process.pid}:${randomBytes(4).toString("hex")}`;
  const lives = new AgentLives();
  let connections: Connections | undefined;
  let waitsFor = "it waits for PostgreSQL and NATS";
  let parts: readonly RoleService[] = [];
  let away: Service | undefined;

  const readiness = () => readinessOf(connections ?? { waitsFor }, parts, lives);
  const dashboard = createDashboard({
    config,
    version,
    holder,
    metrics,
    readiness,
    connections: () => connections,
    parts: () => parts,
  });
  const pages = await startPages();
  log.info({ url: pages.url, holder, version, roles: daemon.roles }, "smithd starts");
  try {
    connections = await openConnections(config, log, signal, (why) => {
      waitsFor = `it waits for PostgreSQL and NATS: ${why}`;
    });
    measureDatabase(connections.database, metrics);
    parts = composeParts({ ...connections, config, env, metrics, log, holder, lives });
    metrics.beforeShown("agents", () => {
      metrics.agents.reset();
      if (!parts.some(({ role, leads }) => leads && toldBy.has(role))) return;
      for (const [life, count] of Object.entries(lives.counts())) metrics.agents.set({ life }, count);
    });
    metrics.beforeShown("parts", () => {
      metrics.partState.reset();
      for (const part of parts) metrics.partState.set({ part: part.name, state: part.status().state }, 1);
    });
    await Promise.all(parts.map((part) => part.start()));
    if (daemon.roles.includes("monitor")) {
      away = tellAway(connections);
      await away.start();
    }
  } catch (error) {
    await close();
    throw error;
  }
  log.info("smithd runs");
  return {
    url: pages.url,
    async stop() {
      const late = await drain(parts, daemon.drainTimeoutMs, log);
      await close();
      return late;
    },
  };

  async function close(): Promise<void> {
    dashboard.close();
    await away?.stop();
    await connections?.close();
    await pages.close();
  }

  // No lease can be held for it: those are in PostgreSQL.
  function tellAway({ database, link }: Connections): Service {
    return databaseAway({
      channels: channelsOf({ config, env, link, log }),
      instance: instanceOf(config),
      probe: () => probeDatabase({ database }),
      afterMs: databaseAwayMs,
      everyMs: daemon.monitorIntervalMs,
      log,
    });
  }

  async function startPages(): Promise<StatusServer> {
    try {
      return await startStatusServer(
        { ...daemon, onRefused: nowAndThen(() => log.warn(refused)) },
        {
          readiness,
          metrics: async () => ({ contentType: metrics.registry.contentType, text: await metrics.shown() }),
          files: await readPageFiles(),
          document: dashboard.document,
        },
      );
    } catch (error) {
      dashboard.close();
      throw error;
    }
  }
}

/** For how long PostgreSQL is away before somebody is told, in milliseconds. */
const databaseAwayMs = 60_000;

const refused = "somebody asked without the token, or with a wrong one; it is said once a minute";

function nowAndThen(tell: () => void): () => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - toldAt < 60_000) return;
    toldAt = performance.now();
    tell();
  };
}

async function drain(parts: readonly RoleService[], timeoutMs: number, log: Log): Promise<readonly string[]> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(() => resolve("late"), timeoutMs);
  const outcome = await Promise.race([Promise.allSettled(parts.map((part) => part.stop())), late]);
  clearTimeout(timer);
  if (outcome !== "late") return [];
  const open = parts.filter((part) => part.status().state !== "stopped").map(({ name }) => name);
  log.warn({ open, timeoutMs }, "what did not come to its end in time is left to the next leader");
  return open;
}
