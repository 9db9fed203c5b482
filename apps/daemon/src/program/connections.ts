import { setTimeout as pause } from "node:timers/promises";
import { databaseUrlOf, type EffectiveConfig, natsUrlOf } from "@mister-smith/cli/config";
import { createDatabase, type Database } from "@mister-smith/client";
import { SmithError } from "@mister-smith/errors";
import { connectNats, type NatsLink, SyncError } from "@mister-smith/sync";
import type { Log } from "../log.ts";
import { enableEvents } from "../sql/enable-events.ts";
import { refuseOldSchema } from "../sql/schema-version.ts";
import { applyTopology } from "./apply-topology.ts";
import { allowedPoolSizes, type PoolSizes, refusedConnection } from "./pool-sizes.ts";
import { type RefusedConnections, watchRefusedConnections } from "./refused-connections.ts";

/** The servers of a daemon. */
export interface Connections {
  readonly database: Database;
  readonly link: NatsLink;
  readonly refused: RefusedConnections;
  close(): Promise<void>;
}

/** The longest pause between two tries to reach a server, in milliseconds. */
const longestPauseMs = 5_000;

/**
 * Reaches PostgreSQL and NATS, for as long as it takes, and creates what is missing of the topology.
 *
 * @param onWait hears why it still waits
 * @throws SmithError when the configuration names no server; `ABORTED` when the signal ends the wait
 */
export async function openConnections(
  config: EffectiveConfig,
  log: Log,
  signal: AbortSignal,
  onWait: (why: string) => void,
): Promise<Connections> {
  const natsUrl = natsUrlOf(config);
  const waiting = { log, signal, onWait };
  const sizes = await lookAtRoles(config, waiting);
  const database = await openDatabase(config, sizes);
  const refused = watchRefusedConnections(database, log);
  try {
    await patiently(waiting, "find the schema in PostgreSQL", async () => {
      await database.ready({ timeoutMs: 2_000, signal });
      await refuseOldSchema(database, signal);
    });
    const link = await patiently(waiting, "reach NATS", () =>
      connectNats({
        servers: natsUrl,
        name: "smithd",
        timeoutMs: config.values.nats.connectTimeoutMs,
      }),
    );
    try {
      await patiently(waiting, "bring about the topology", () => applyTopology(link, config, log, signal));
      if (config.values.daemon.events)
        await patiently(waiting, "switch events on", () => enableEvents(database, signal));
    } catch (error) {
      await link.close();
      throw error;
    }
    const close = async () => {
      await link.close();
      await database.close();
    };
    return { database, link, refused, close };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Looks by one connection a pool how many there may be; a configuration that is wrong is refused before. */
async function lookAtRoles(config: EffectiveConfig, waiting: Waiting): Promise<PoolSizes> {
  const { signal } = waiting;
  const open = () => openDatabase(config, { primary: 1, background: 1, areKept: false });
  let first: Database | undefined = await open();
  return await patiently(waiting, "reach PostgreSQL", async () => {
    // Each time another one: what it leaves open would count against the roles.
    await using database = first ?? (await open());
    first = undefined;
    try {
      await database.ready({ timeoutMs: 2_000, signal });
      return await allowedPoolSizes(database, config.values.daemon.connections, signal);
    } catch (error) {
      throw refusedConnection(error) ?? error;
    }
  });
}

async function openDatabase(config: EffectiveConfig, sizes: PoolSizes): Promise<Database> {
  const { addresses, connectTimeoutMs, statementTimeoutMs, replica, background } = config.values.database;
  return await createDatabase({
    applicationNamePrefix: "smithd",
    primary: {
      url: databaseUrlOf(config),
      ...(addresses === undefined ? {} : { addresses: [...addresses] }),
      max: sizes.primary,
      min: sizes.areKept ? sizes.primary : 0,
      connectTimeoutMs,
      statementTimeoutMs,
    },
    ...(replica === undefined ? {} : { replica }),
    background: {
      ...background,
      max: sizes.background,
      min: sizes.areKept ? sizes.background : 0,
      connectTimeoutMs,
      statementTimeoutMs,
    },
  });
}

interface Waiting {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Hears why it still waits. */
  readonly onWait: (why: string) => void;
}

async function patiently<Result>(
  { log, signal, onWait }: Waiting,
  doing: string,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw stoppedBefore(doing, signal);
      if (error instanceof SyncError && error.code === "UNSUPPORTED_SERVER") throw error;
      onWait(`cannot ${doing}: ${error instanceof Error ? error.message : String(error)}`);
      log.warn({ error, tries }, `cannot ${doing}; it is tried again`);
    }
    await pause(Math.min(longestPauseMs, 200 * 2 ** tries), undefined, { signal }).catch(() => {});
    if (signal.aborted) throw stoppedBefore(doing, signal);
  }
}

function stoppedBefore(doing: string, signal: AbortSignal): SmithError {
  return new SmithError("ABORTED", `stopped before it could ${doing}`, { cause: signal.reason });
}
