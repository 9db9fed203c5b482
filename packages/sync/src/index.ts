export { type SyncConfig, type SyncConfigInput, syncConfig } from "./config/sync-config.ts";
export { SyncError, type SyncErrorCode } from "./errors/sync-error.ts";
export type { Service, ServiceStatus } from "./lifecycle/service.ts";
export { connectNats, type NatsLink, type NatsLinkOptions } from "./nats/nats-link.ts";
export type { ConsumerSettings, FixedConsumerSettings } from "./topology/consumer-settings.ts";
export type { Durability } from "./topology/durability.ts";
export {
  type EnsureTopologyOptions,
  ensureTopology,
  type TopologyOutcome,
  type TopologyReport,
} from "./topology/ensure-topology.ts";
export { type FittedTopology, fitTopology } from "./topology/fit-topology.ts";
export type { FoundConsumer, FoundStream, FoundTopology, TakenSubject } from "./topology/found-topology.ts";
export { planTopology } from "./topology/plan-topology.ts";
export { readTopology } from "./topology/read-topology.ts";
export {
  requireFeature,
  type ServerFeature,
  type ServerFeatures,
  serverFeatures,
} from "./topology/server-features.ts";
export type { StreamSettings } from "./topology/stream-settings.ts";
export {
  type ConsumerSpec,
  defaultTopology,
  type RequirableSetting,
  type StreamSpec,
  type Topology,
  type TopologyConfig,
  topologyOf,
} from "./topology/topology.ts";
export type { Difference, SettingValue, TopologyStep } from "./topology/topology-step.ts";
