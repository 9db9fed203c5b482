import type { SyncConfig, WriteDurability } from "@mister-smith/sync";

/** How a replay reaches JetStream, and what it asks of it. */
export interface StateStreamOptions {
  /** URLs of NATS, apart by commas. */
  readonly servers: string;
  /** How the bucket is made where it is missing, and how it is flushed. */
  readonly sync: SyncConfig;
  /** What has a value when its put is over. All of them are waited for in the end, whatever it is. Default: `stored`. */
  readonly durability?: WriteDurability | undefined;
  /** How long connecting to NATS may take, in milliseconds. Default: 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** After how long without a sign of life another flusher takes over, in milliseconds. Default: 5,000. */
  readonly leaseTtlMs?: number | undefined;
  /** How long PostgreSQL may get nothing of what waits before the replay gives up, in milliseconds. Default: 60,000. */
  readonly flushTimeoutMs?: number | undefined;
}
