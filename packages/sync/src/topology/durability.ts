import { z } from "zod";
import type { ServerFeatures } from "./server-features.ts";
import type { StreamSpec } from "./topology.ts";

/** What an acknowledgement of JetStream is worth when a machine, not only a process, goes down. */
export interface Durability {
  /** Whether every message survives the loss of one machine; undefined where it cannot be known. */
  readonly holds: boolean | undefined;
  /** When the servers write to disk: before each acknowledgement, every so often, or nobody told. */
  readonly fsync: "always" | "interval" | "unknown";
  /** The pause between two such writes, in milliseconds, where it is known. */
  readonly fsyncIntervalMs: number | undefined;
  /** The streams and buckets on disk with fewer than three replicas: they depend on `fsync`. */
  readonly dependent: readonly string[];
  /** What can be lost and what to do, in sentences; undefined where nothing can. */
  readonly warning: string | undefined;
}

/** When one server writes to disk. */
export interface ServerFsync {
  readonly serverId: string;
  readonly always: boolean;
  readonly intervalMs: number;
}

const page = z.object({
  server_id: z.string(),
  config: z.object({ sync_interval: z.number().optional(), sync_always: z.boolean().optional() }).optional(),
});

/** The default of nats-server, and all that one before 2.10 knows. */
const defaultIntervalMs = 120_000;

/**
 * Asks the monitoring pages of the servers when they write to disk. A page that does not answer in time, or not as
 * expected, tells nothing.
 */
export async function readFsync(
  monitoringUrls: readonly string[],
  timeoutMs: number,
): Promise<ServerFsync[]> {
  const answers = await Promise.all(monitoringUrls.map((url) => readPage(url, timeoutMs)));
  return answers.flatMap((answer) => (answer === undefined ? [] : [answer]));
}

async function readPage(url: string, timeoutMs: number): Promise<ServerFsync | undefined> {
  try {
    const response = await fetch(new URL("/jsz", url), { signal: AbortSignal.timeout(timeoutMs) });
    const { server_id, config } = page.parse(await response.json());
    return {
      serverId: server_id,
      always: config?.sync_always === true,
      intervalMs: (config?.sync_interval ?? defaultIntervalMs * 1e6) / 1e6,
    };
  } catch {
    return undefined;
  }
}

/** Judges what the acknowledgements of these streams and buckets are worth. */
export function judgeDurability(
  specs: readonly StreamSpec[],
  features: ServerFeatures,
  servers: readonly ServerFsync[],
): Durability {
  const dependent = specs
    .filter(({ settings }) => settings.storage === "file" && settings.replicas < 3)
    .map(({ kind, name }) => `the ${kind} ${name}`);
  const { fsync, fsyncIntervalMs } = fsyncOf(features, servers);
  const known = { fsync, fsyncIntervalMs, dependent };
  if (dependent.length === 0 || fsync === "always") return { ...known, holds: true, warning: undefined };
  if (fsync === "unknown") return { ...known, holds: undefined, warning: unknownText(features) };
  return { ...known, holds: false, warning: lossText(features, fsyncIntervalMs ?? defaultIntervalMs) };
}

function fsyncOf(
  features: ServerFeatures,
  servers: readonly ServerFsync[],
): Pick<Durability, "fsync" | "fsyncIntervalMs"> {
  if (features.lacks.includes("syncInterval"))
    return { fsync: "interval", fsyncIntervalMs: defaultIntervalMs };
  const slow = servers.find(({ always }) => !always);
  const connected = servers.some(({ serverId }) => serverId === features.serverId);
  // Pages of other servers say nothing about this one.
  if (!connected) return { fsync: "unknown", fsyncIntervalMs: undefined };
  if (slow !== undefined) return { fsync: "interval", fsyncIntervalMs: slow.intervalMs };
  const all = new Set(servers.map(({ serverId }) => serverId)).size >= (features.clusterSize ?? Infinity);
  return { fsync: all ? "always" : "unknown", fsyncIntervalMs: undefined };
}

function lossText({ version, lacks }: ServerFeatures, intervalMs: number): string {
  const always = "jetstream { sync_interval: always }";
  const remedy = lacks.includes("syncInterval")
    ? `Use nats-server 2.10 or newer with ${always}, or a cluster with three replicas.`
    : `Set ${always} in the server's configuration, or use a cluster with three replicas.`;
  return `An acknowledged message can be lost with the machine (not with the process): nats-server ${version} writes to disk every ${Math.round(intervalMs / 1000)} s, and there are fewer than three replicas. ${remedy}`;
}

function unknownText({ version }: ServerFeatures): string {
  return `Whether nats-server ${version} writes to disk before it acknowledges cannot be seen from here, and there are fewer than three replicas: by default it does so every two minutes, and an acknowledged message can be lost with the machine (not with the process). Name the servers' monitoring pages in sync.monitoringUrls, or look for jetstream { sync_interval: always } in their configuration.`;
}
