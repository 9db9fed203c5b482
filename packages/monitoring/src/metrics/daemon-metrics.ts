import { counter, gauge, histogram } from "./metric.ts";

/** What the daemon itself counts, beside what it asks of the servers. */
export const daemonMetrics = {
  info: gauge("smith_daemon_info", "The version of the daemon, as a label", "version"),
  roleLeader: gauge("smith_daemon_role_leader", "1 while this daemon leads the role, else 0", "role"),
  partState: gauge(
    "smith_daemon_part_state",
    "1 for the state that a part is in: idle, starting, running, stuck, stopping or stopped",
    "part",
    "state",
  ),
  roleErrors: counter(
    "smith_daemon_role_errors_total",
    "What went wrong in a role and is tried again",
    "role",
  ),
  flushLagKeys: gauge(
    "smith_sync_flush_lag_keys",
    "Messages of the state bucket that PostgreSQL does not have yet; shown by the leader of flush",
  ),
  flushLagSeconds: gauge(
    "smith_sync_flush_lag_seconds",
    "Age of the oldest message that PostgreSQL does not have yet; 0 when it has all; shown by the leader of flush",
  ),
  flushedKeys: counter("smith_sync_flushed_keys_total", "Keys written to or deleted from PostgreSQL"),
  flushBatchKeys: histogram("smith_sync_flush_batch_keys", "Keys of a batch"),
  flushBatchSeconds: histogram("smith_sync_flush_batch_seconds", "How long the transaction of a batch took"),
  alertsTold: counter(
    "smith_daemon_alerts_told_total",
    "What was told of alerts by this daemon, by channel and by whether it arrived: delivered, failed (it is tried again) or given up",
    "channel",
    "outcome",
  ),
  deadLetters: gauge("smith_sync_dead_letters", "Dead letters that wait for a person", "pipe"),
  parked: counter(
    "smith_sync_parked_total",
    "Writes and events that were put aside as dead letters by this daemon",
    "pipe",
  ),
  relayBacklog: gauge(
    "smith_sync_relay_backlog_events",
    "Events of the outbox that are not published yet",
    "kind",
  ),
  relayLagSeconds: gauge(
    "smith_sync_relay_lag_seconds",
    "Age of the oldest event that is not published yet; 0 when all are",
  ),
  relayPublished: counter(
    "smith_sync_relay_published_events_total",
    "Events that were published and acknowledged",
  ),
  evictedKeys: counter(
    "smith_sync_evicted_keys_total",
    "Keys that were idle, are in PostgreSQL, and were removed from the bucket",
  ),
  hydratedKeys: counter(
    "smith_sync_hydrated_keys_total",
    "Keys that were brought back from PostgreSQL into the bucket",
  ),
  agents: gauge(
    "smith_sync_agents",
    "Agents with state in the bucket, by its life: hydrating, active, flushing or expired; as far as the roles of this daemon have seen, shown while it leads flush, hydrate or evict",
    "life",
  ),
  verifyRunning: gauge(
    "smith_sync_verify_running",
    "1 while both stores are compared after a hydration, else 0; shown by the leader of hydrate",
  ),
  verifiedKeys: counter(
    "smith_sync_verified_keys_total",
    "Keys of the bucket that were compared with PostgreSQL after a hydration",
  ),
  verifyDifferences: counter(
    "smith_sync_verify_differences_total",
    "Keys in which both stores differed, by the cause and by what was done about it",
    "cause",
    "repair",
  ),
  verifyOpen: gauge(
    "smith_sync_verify_open_differences",
    "Differences that the last comparison after a hydration could not mend; shown by the leader of hydrate that made it",
  ),
} as const;
