import type { NatsClusterMembership, SyncInterval } from "./start-nats-options.ts";

/** What the configuration file of one server says. */
export interface NatsConfig {
  readonly serverName: string;
  readonly port: number;
  readonly monitoringPort: number;
  readonly storeDir: string;
  readonly syncInterval: SyncInterval;
  readonly cluster: NatsClusterMembership | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The text of the file; nats-server reads JSON as well as its own notation. */
export function natsConfigText(config: NatsConfig): string {
  const { cluster, settings } = config;
  const content = {
    ...settings,
    server_name: config.serverName,
    listen: `127.0.0.1:${config.port}`,
    http: `127.0.0.1:${config.monitoringPort}`,
    jetstream: {
      ...(isRecord(settings["jetstream"]) ? settings["jetstream"] : {}),
      store_dir: config.storeDir,
      ...(config.syncInterval === "always" ? { sync_interval: "always" } : {}),
    },
    ...(cluster === undefined ? {} : { cluster: clusterSection(cluster) }),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function clusterSection({ name, port, peerPorts }: NatsClusterMembership): Record<string, unknown> {
  return {
    name,
    listen: `127.0.0.1:${port}`,
    routes: peerPorts.map((peer) => `nats://127.0.0.1:${peer}`),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
