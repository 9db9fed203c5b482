import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { temporaryFolder } from "../data-folder.ts";
import { freePort } from "../process/free-port.ts";
import { createLifecycle, type Lifecycle } from "../process/lifecycle.ts";
import { waitUntil } from "../process/wait-until.ts";
import { type ServerHost, serverHost } from "../server-host.ts";
import { temporaryDataRemoved } from "../temporary-data-removed.ts";
import type { EmbeddedNats } from "./embedded-nats.ts";
import { leadsWholeCluster } from "./monitoring.ts";
import { type PreparedNats, prepareNats } from "./start-nats.ts";
import type { StartNatsOptions } from "./start-nats-options.ts";

/** What can be chosen about a cluster: for each server as for a single one, but for what is its own. */
export interface StartNatsClusterOptions
  extends Omit<StartNatsOptions, "port" | "monitoringPort" | "serverName" | "logFile"> {
  /** How many servers: 3 or 5. Default: 3. */
  readonly size?: number | undefined;
  /** Default: "mister-smith". */
  readonly name?: string | undefined;
}

/** A cluster of nats-servers with JetStream that runs for us. */
export interface EmbeddedNatsCluster extends Lifecycle, AsyncDisposable {
  /** The servers: each can be stopped, killed and started again by itself. */
  readonly nodes: readonly EmbeddedNats[];
  /** The URLs of all servers. */
  readonly urls: readonly string[];
  /** All URLs in one, separated by commas, as NATS clients take them. */
  readonly url: string;
  /** Resolves when a leader is elected and sees all servers up to date. */
  whole(): Promise<void>;
}

/**
 * Starts a cluster; its leader is elected and all servers are up to date when the promise resolves.
 *
 * @throws SmithError as `startNats`; `CLUSTER_NOT_FORMED`, `BAD_CLUSTER_SIZE`
 */
export async function startNatsCluster(options: StartNatsClusterOptions = {}): Promise<EmbeddedNatsCluster> {
  const host = serverHost(options.lifetime ?? "parent");
  const root = await clusterRoot(options, host);
  const nodes = await prepareNodes(host, options, root.folder);
  let stopped = false;

  const whole = async () => {
    const timeoutMs = options.startTimeoutMs ?? 30_000;
    const formed = await waitUntil(() => anyLeadsAll(nodes), { timeoutMs, everyMs: 50 });
    if (formed === undefined) throw notFormed(nodes, timeoutMs);
  };
  const lifecycle = createLifecycle({
    start: async () => {
      if (stopped && root.temporary) throw temporaryDataRemoved(root.folder);
      // All at once: none of them is ready before a majority is there.
      await Promise.all(nodes.map((node) => node.start()));
      await whole();
    },
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
      stopped = true;
      if (root.temporary) {
        await rm(root.folder, { recursive: true, force: true, maxRetries: 5 });
        await host.disownFolder(root.folder);
      }
      await host.settle();
    },
    isRunning: () => nodes.every((node) => node.pid !== 0),
  });
  const urls = nodes.map((node) => node.url);
  const cluster: EmbeddedNatsCluster = {
    ...lifecycle,
    nodes,
    urls,
    url: urls.join(","),
    whole,
    [Symbol.asyncDispose]: lifecycle.stop,
  };
  await startOrClearUp(cluster, nodes, root, host);
  return cluster;
}

interface Root {
  readonly folder: string;
  readonly temporary: boolean;
}

async function clusterRoot(options: StartNatsClusterOptions, host: ServerHost): Promise<Root> {
  if (options.storeDir !== undefined) {
    const folder = resolve(options.storeDir);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return { folder, temporary: false };
  }
  const folder = await temporaryFolder("mister-smith-nats-", undefined);
  await host.ownFolder(folder);
  return { folder, temporary: true };
}

async function prepareNodes(
  host: ServerHost,
  options: StartNatsClusterOptions,
  folder: string,
): Promise<PreparedNats[]> {
  const { size = 3, name = "mister-smith" } = options;
  if (!Number.isInteger(size) || size < 3 || size % 2 === 0) throw badSize(size);
  const peerPorts = await Promise.all(Array.from({ length: size }, () => freePort()));
  return Promise.all(
    peerPorts.map((port, index) => {
      const serverName = `${name}-${index + 1}`;
      const node = { ...options, serverName, storeDir: join(folder, serverName) };
      return prepareNats(host, node, { name, port, peerPorts });
    }),
  );
}

async function anyLeadsAll(nodes: readonly EmbeddedNats[]): Promise<boolean> {
  const leads = await Promise.all(
    nodes.map((node) => leadsWholeCluster(Number(new URL(node.monitoringUrl).port), nodes.length)),
  );
  return leads.includes(true);
}

async function startOrClearUp(
  cluster: EmbeddedNatsCluster,
  nodes: readonly EmbeddedNats[],
  root: Root,
  host: ServerHost,
): Promise<void> {
  try {
    await cluster.start();
  } catch (error) {
    // Whatever has started by now, or will in a moment, must not stay.
    await Promise.allSettled(nodes.map((node) => node.stop()));
    if (root.temporary) {
      await rm(root.folder, { recursive: true, force: true, maxRetries: 5 });
      await host.disownFolder(root.folder);
    }
    throw error;
  }
}

function badSize(size: number): SmithError {
  return new SmithError("BAD_CLUSTER_SIZE", `a cluster of ${size} servers has no majority to rely on`, {
    hint: "Choose 3 or 5: an odd number, so that every split leaves a majority.",
    details: { size },
  });
}

function notFormed(nodes: readonly EmbeddedNats[], timeoutMs: number): SmithError {
  const logs = nodes.map((node) => node.logFile);
  return new SmithError(
    "CLUSTER_NOT_FORMED",
    `the ${nodes.length} nats-servers have no common leader after ${timeoutMs} ms`,
    {
      hint: `The servers' logs say why: ${logs.join(", ")}.`,
      details: { logs },
    },
  );
}
