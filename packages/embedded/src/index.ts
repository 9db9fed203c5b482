export { embeddedConfig } from "./embedded-config.ts";
export type { EmbeddedNats } from "./nats/embedded-nats.ts";
export { type FindNatsOptions, findNats } from "./nats/find-nats.ts";
export type { FoundNats } from "./nats/found-nats.ts";
export { startNats } from "./nats/start-nats.ts";
export {
  type EmbeddedNatsCluster,
  type StartNatsClusterOptions,
  startNatsCluster,
} from "./nats/start-nats-cluster.ts";
export type { StartNatsOptions, SyncInterval } from "./nats/start-nats-options.ts";
export type { EmbeddedPostgres, EmbeddedReplica, StartReplicaOptions } from "./postgres/embedded-postgres.ts";
export {
  type FindPostgresOptions,
  findPostgres,
  listPostgres,
  oldestPostgresMajor,
} from "./postgres/find-postgres.ts";
export type { FoundPostgres } from "./postgres/found-postgres.ts";
export { startPostgres } from "./postgres/start-postgres.ts";
export type {
  Durability,
  PostgresSetting,
  StartPostgresOptions,
  WalArchiving,
} from "./postgres/start-postgres-options.ts";
export type { ServerLifetime } from "./server-host.ts";
export type { ServerOrigin, ServerVersion } from "./server-version.ts";
export { readSystem, type SystemStatus } from "./system/read-system.ts";
export { removeSystem } from "./system/remove-system.ts";
export { type RunningSystem, type StartSystemOptions, startSystem } from "./system/start-system.ts";
export { type StoppedSystem, stopSystem } from "./system/stop-system.ts";
