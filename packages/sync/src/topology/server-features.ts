import { asSyncError } from "../errors/as-sync-error.ts";
import { isJetStreamMissing } from "../errors/is-jetstream-missing.ts";
import { SyncError } from "../errors/sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";

// The version of nats-server that brought each; what an older one is asked for it takes and forgets without a word.
const since = {
  directGet: [2, 9],
  compression: [2, 10],
  multipleFilters: [2, 10],
  syncInterval: [2, 10],
  messageTtl: [2, 11],
  atomicPublish: [2, 12],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

const inWords: Readonly<Record<ServerFeature, string>> = {
  directGet: "reads from every server that holds a stream",
  compression: "compression of what is stored",
  multipleFilters: "several filters of one consumer",
  syncInterval: "writing to disk before each acknowledgement (sync_interval)",
  messageTtl: "a time to live of single messages",
  atomicPublish: "publishing several messages as one",
};

/** What not every nats-server has. */
export type ServerFeature = keyof typeof since;

/** What the connected server is and can. */
export interface ServerFeatures {
  readonly version: string;
  readonly serverName: string;
  readonly serverId: string;
  /** Whether the account of the connection has JetStream. */
  readonly jetStream: boolean;
  /** The name of the cluster that the server is in; undefined: it stands alone, and there can be no replicas. */
  readonly cluster: string | undefined;
  /**
   * How many servers of the cluster tell clients where they are: 1 for a server alone, undefined where a cluster keeps
   * it to itself. It is a hint: whether there are enough for the replicas, only the cluster's own answer says.
   */
  readonly clusterSize: number | undefined;
  /** The largest message that the server takes, with its headers. */
  readonly maxPayloadBytes: number;
  /** What the account may store and does, in bytes; a limit is undefined where only the server's own holds. */
  readonly account: {
    readonly maxMemoryBytes: number | undefined;
    readonly maxStorageBytes: number | undefined;
    readonly memoryBytes: number;
    readonly storageBytes: number;
  };
  /** What its version lacks. */
  readonly lacks: readonly ServerFeature[];
}

/**
 * Asks the connected server what it is and can. Nothing is assumed: a server without JetStream is told, not thrown.
 *
 * @throws SyncError `NATS_UNREACHABLE`, `JETSTREAM`
 */
export async function serverFeatures(link: NatsLink): Promise<ServerFeatures> {
  const account = await accountOf(link);
  const info = link.connection.info;
  if (info === undefined)
    throw new SyncError("NATS_UNREACHABLE", "the server has not said what it is", retryable);
  const cluster = info.cluster || undefined;
  const advertised = new Set(info.connect_urls ?? []).size;
  return {
    version: info.version,
    serverName: info.server_name,
    serverId: info.server_id,
    jetStream: account !== undefined,
    cluster,
    clusterSize: cluster === undefined ? 1 : advertised > 1 ? advertised : undefined,
    maxPayloadBytes: info.max_payload,
    account: {
      maxMemoryBytes: limitOf(account?.limits.max_memory),
      maxStorageBytes: limitOf(account?.limits.max_storage),
      memoryBytes: account?.memory ?? 0,
      storageBytes: account?.storage ?? 0,
    },
    lacks: featuresLacking(info.version),
  };
}

const retryable = { retryable: true };

/** What a server of that version lacks. */
export function featuresLacking(version: string): ServerFeature[] {
  const names: readonly ServerFeature[] = [
    "directGet",
    "compression",
    "multipleFilters",
    "syncInterval",
    "messageTtl",
    "atomicPublish",
  ];
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return names.filter((name) => {
    const [sinceMajor, sinceMinor] = since[name];
    return major < sinceMajor || (major === sinceMajor && minor < sinceMinor);
  });
}

/**
 * Refuses aloud what the server lacks: it would take it and forget it without a word.
 *
 * @param what what needs it, as "… needs …" begins
 * @throws SyncError `UNSUPPORTED_SERVER`
 */
export function requireFeature(
  features: Pick<ServerFeatures, "version" | "lacks">,
  feature: ServerFeature,
  what: string,
): void {
  if (!features.lacks.includes(feature)) return;
  const needs = since[feature].join(".");
  throw new SyncError(
    "UNSUPPORTED_SERVER",
    `${what} needs ${inWords[feature]}, which nats-server ${features.version} has not`,
    {
      hint: `Connect to nats-server ${needs} or newer, or do without.`,
      details: { feature, version: features.version, needs },
    },
  );
}

async function accountOf(link: NatsLink) {
  try {
    return await link.manager.getAccountInfo();
  } catch (error) {
    if (isJetStreamMissing(error)) return undefined;
    throw asSyncError(error, "ask what the server can");
  }
}

function limitOf(limit: number | undefined): number | undefined {
  return limit === undefined || limit < 0 ? undefined : limit;
}
