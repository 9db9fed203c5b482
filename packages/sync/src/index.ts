export {
  createQueryCache,
  type QueryCache,
  type QueryCacheOptions,
  type ThroughOptions,
} from "./cache/query-cache.ts";
export { type SyncConfig, type SyncConfigInput, syncConfig } from "./config/sync-config.ts";
export { type Consumption, type ConsumptionStats, consume, createConsumption } from "./consume/consume.ts";
export type { ConsumeOptions, DeadMessage, MessageContext } from "./consume/consume-options.ts";
export type { DeadLetter, WholeDeadLetter } from "./dead-letters/dead-letter.ts";
export { type DroppedDeadLetter, dropDeadLetters } from "./dead-letters/drop-dead-letters.ts";
export { getDeadLetter } from "./dead-letters/get-dead-letter.ts";
export {
  type DeadLetterPage,
  type ListDeadLetters,
  listDeadLetters,
} from "./dead-letters/list-dead-letters.ts";
export { type PurgeRetried, purgeRetriedDeadLetters } from "./dead-letters/purge-retried.ts";
export {
  type RetriedDeadLetter,
  type RetryOptions,
  type RetryOutcome,
  retryDeadLetters,
} from "./dead-letters/retry-dead-letters.ts";
export { SyncError, type SyncErrorCode } from "./errors/sync-error.ts";
export {
  eventSchemas,
  eventSchemaVersion,
  type HeartbeatEvent,
  type LifecycleEventMessage,
  type MessageEvent,
  type SmithEvent,
  type StateEvent,
  type TaskEvent,
} from "./events/event.ts";
export { type EventKind, eventData, type PublishedKind } from "./events/event-data.ts";
export { type EventOf, kindOfSubject } from "./events/event-subject.ts";
export { parseEvent } from "./events/parse-event.ts";
export { createEvictor, type EvictorOptions } from "./evict/create-evictor.ts";
export { type Evicted, type EvictOptions, evictOnce } from "./evict/evict-once.ts";
export type { AgentLife, AgentLifeEvent } from "./flush/agent-life.ts";
export { AgentLives } from "./flush/agent-lives.ts";
export { type FlushedAnnouncement, flushedSubject } from "./flush/announce-flushed.ts";
export { readPosition } from "./flush/find-position.ts";
export {
  createFlusher,
  type FlushedBatch,
  type Flusher,
  type FlusherOptions,
  type FlushLag,
} from "./flush/flusher.ts";
export type { StreamIdentity } from "./flush/identify-stream.ts";
export type { ParkedReason, ParkedWrite } from "./flush/parked-write.ts";
export type { Position } from "./flush/position.ts";
export type { CheckStart } from "./hydrate/checks.ts";
export { createHydrator, type HydratorOptions } from "./hydrate/create-hydrator.ts";
export {
  type BothStores,
  type Hydrated,
  type HydrateOptions,
  type HydrateProgress,
  hydrate,
} from "./hydrate/hydrate.ts";
export type { AgentScope } from "./hydrate/state-rows.ts";
export { decodeStateKey, encodeStateKey } from "./keys/state-key.ts";
export {
  readStateSubject,
  type StateKey,
  stateBucket,
  stateStream,
  stateSubject,
} from "./keys/state-subject.ts";
export { type LeadRoleOptions, leadRole, type RoleService } from "./lease/lead-role.ts";
export type { Lease } from "./lease/lease.ts";
export { type PeriodicOptions, periodic } from "./lifecycle/periodic.ts";
export type { Service, ServiceStatus } from "./lifecycle/service.ts";
export { connectNats, type NatsLink, type NatsLinkOptions } from "./nats/nats-link.ts";
export { type MessageToPublish, publishMessage } from "./nats/publish-message.ts";
export {
  dropParkedEvent,
  type ParkedEventOptions,
  type RelayBacklog,
  retryParkedEvent,
} from "./relay/outbox-changes.ts";
export type { Relay, RelayStats } from "./relay/relay.ts";
export { createRelay } from "./relay/relay.ts";
export type { RelayOptions, RelayProjections } from "./relay/relay-options.ts";
export { type RelayedRange, type RelayRangeOptions, relayRange } from "./relay/relay-range.ts";
export { type BucketStatus, readBucketStatus } from "./status/bucket-status.ts";
export { createStateStore } from "./store/create-state-store.ts";
export type { JsonCompatible } from "./store/json-compatible.ts";
export type {
  CallOptions,
  ConflictStrategy,
  DeleteOptions,
  GetOptions,
  ManyOptions,
  MergeState,
  PutOptions,
  StateChange,
  StateWrite,
  StoredState,
  WatchOptions,
  WriteDurability,
  WriteOptions,
  WrittenState,
} from "./store/state-entry.ts";
export type { StateStore } from "./store/state-store.ts";
export type { StateStoreOptions } from "./store/state-store-options.ts";
export type { StateWatch } from "./store/watch-state.ts";
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
export type { DifferenceCause, RepairOutcome, StateDifference } from "./verify/difference.ts";
export {
  type ForcedSide,
  type VerifyOptions,
  type VerifyProgress,
  type VerifyReport,
  verifyStores,
} from "./verify/verify-stores.ts";
