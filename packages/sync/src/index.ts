export { SyncError, type SyncErrorCode } from "./errors/sync-error.ts";
export type { Service, ServiceStatus } from "./lifecycle/service.ts";
