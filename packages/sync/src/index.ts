export { SyncError, type SyncErrorCode } from "./errors/sync-error.ts";
export type { Service, ServiceStatus } from "./lifecycle/service.ts";
export { connectNats, type NatsLink, type NatsLinkOptions } from "./nats/nats-link.ts";
