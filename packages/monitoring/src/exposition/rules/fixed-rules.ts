import { promql, type Rule } from "./rule.ts";

/** What is wrong wherever it is so: no threshold of a user's own makes it right. */
export const fixedRules: readonly Rule[] = [
  {
    alert: "ArchivingFails",
    // Where it is switched off, its last failure stands for ever.
    expr: promql("{smith_pg_archive_failing} == 1 and {smith_pg_archive_enabled} == 1"),
    forMinutes: 5,
    severity: "critical",
    summary: "The log is not archived",
    remedy: "Look for archive command failed in the server's log; the log fills the disk meanwhile.",
  },
  {
    alert: "ArchivingStands",
    // An archive_command that is empty fails never: the log waits.
    expr: promql(
      "increase({smith_pg_wal_bytes_total}[1h]) > 67108864 and increase({smith_pg_archived_files_total}[1h]) == 0 and {smith_pg_archive_enabled} == 1",
    ),
    forMinutes: 15,
    severity: "critical",
    summary: "Log of an hour, in bytes, of which nothing was archived",
    remedy:
      "Look at archive_command and archive_library: where both are empty, the log waits and fills the disk.",
  },
  {
    alert: "ReplicationSlotLost",
    expr: promql("{smith_pg_replication_slot_lost} == 1"),
    forMinutes: 1,
    severity: "critical",
    summary: "Log that a slot needs is gone",
    remedy: "Whoever follows it must begin anew: drop the slot and make the replica again.",
  },
  {
    alert: "ReplicaCutOff",
    expr: promql("{smith_pg_replica_streaming} == 0"),
    forMinutes: 5,
    severity: "critical",
    summary: "A replica receives nothing from its primary",
    remedy: "See whether the primary is there and primary_conninfo is right.",
  },
  {
    alert: "FollowerGone",
    // Who only receives the log has no lag; who copies a table for a subscription comes and goes.
    expr: promql(
      'time() - max without (client, state) (max_over_time(timestamp({smith_pg_follower_lag_bytes}{application!~"pg_[0-9]+_sync_[0-9]+_[0-9]+"})[1d:1m])) >= 300 and on (job, instance) {smith_monitor_collector_state}{collector="followers",state="ok"} == 1',
    ),
    forMinutes: 1,
    severity: "critical",
    summary: "A replica, or a subscription, follows no more, seen last so many seconds ago",
    remedy: "See whether it runs and reaches this server; it is forgotten a day after it was last seen.",
  },
  {
    alert: "ReplicationSlotUnused",
    expr: promql("max_over_time({smith_pg_replication_slot_active}[10m]) == 0"),
    forMinutes: 5,
    severity: "warning",
    summary: "Nobody uses a replication slot, and the server keeps log for it; active",
    remedy: "Start whoever follows by it, or drop the slot: SELECT pg_drop_replication_slot('…').",
  },
  ...[
    { limit: 1_000_000_000, severity: "warning" as const },
    { limit: 1_800_000_000, severity: "critical" as const },
  ].map(({ limit, severity }) => ({
    alert: "TransactionIdsRunOut",
    expr: promql(
      `max without (database) ({smith_pg_transaction_id_age}) >= ${limit} or max without (database) ({smith_pg_multixact_id_age}) >= ${limit}`,
    ),
    forMinutes: 5,
    severity,
    summary: "Numbers of transactions used since the oldest row was frozen, of 2.1e9",
    remedy: "End what holds the horizon (smith monitor metrics), then VACUUM FREEZE the oldest tables.",
  })),
  ...[
    { limit: 0.8, severity: "warning" as const },
    { limit: 0.95, severity: "critical" as const },
  ].map(({ limit, severity }) => ({
    alert: "SequenceRunsOut",
    expr: promql(`{smith_pg_sequence_used_ratio} >= ${limit}`),
    forMinutes: 5,
    severity,
    summary: "A sequence is nearly used up",
    remedy: "Make its column and the sequence BIGINT.",
  })),
  {
    alert: "InvalidIndexes",
    expr: promql("{smith_pg_invalid_indexes} > 0"),
    // While one is built, it is invalid.
    forMinutes: 120,
    severity: "warning",
    summary: "Indexes whose building failed",
    remedy: "Drop them, or build them again with REINDEX INDEX CONCURRENTLY.",
  },
  {
    alert: "LockHeldForLong",
    expr: promql("{smith_pg_lock_longest_wait_seconds} >= 60"),
    forMinutes: 1,
    severity: "warning",
    summary: "Somebody waits for a lock, in seconds",
    remedy: "See smith monitor locks for who holds them all up.",
  },
  {
    alert: "IdleInTransaction",
    expr: promql("{smith_pg_oldest_idle_in_transaction_seconds} >= 600"),
    forMinutes: 1,
    severity: "warning",
    summary: "A client leaves a transaction open, in seconds",
    remedy: "See smith monitor connections, or set idle_in_transaction_session_timeout.",
  },
  {
    alert: "DeadRowsKept",
    expr: promql("{smith_pg_oldest_xmin_age_transactions} >= 10000000"),
    forMinutes: 15,
    severity: "warning",
    summary: "Dead rows of so many transactions cannot be removed",
    remedy:
      "See smith_pg_oldest_xmin_holder_age_transactions for who keeps them: end the transaction, or drop the slot.",
  },
  {
    alert: "AutovacuumBehind",
    expr: promql(
      "{smith_pg_table_dead_rows} > 2 * {smith_pg_table_autovacuum_dead_rows} and {smith_pg_table_dead_rows} > 10000",
    ),
    forMinutes: 60,
    severity: "warning",
    summary: "Dead rows, twice as many as let autovacuum come",
    remedy: "See smith monitor vacuum: whether it is off, or comes too slowly.",
  },
  {
    alert: "CheckpointsForced",
    expr: promql(
      "increase({smith_pg_checkpoints_requested_total}[30m]) > 5 and increase({smith_pg_checkpoints_requested_total}[30m]) > increase({smith_pg_checkpoints_timed_total}[30m])",
    ),
    forMinutes: 5,
    severity: "warning",
    summary: "Checkpoints in half an hour that came as there was much log",
    remedy: "Raise max_wal_size.",
  },
  {
    alert: "NotMeasured",
    expr: promql('{smith_monitor_collector_state}{state=~"stale|failed"} == 1'),
    forMinutes: 15,
    severity: "warning",
    summary: "A question of the monitor's is not answered",
    remedy: "See smith monitor metrics --json for why.",
  },
  ...[
    { limit: 60, severity: "warning" as const },
    { limit: 300, severity: "critical" as const },
  ].flatMap(({ limit, severity }) => [
    {
      alert: "FlushBehind",
      expr: promql(`{smith_sync_flush_lag_seconds} >= ${limit}`),
      forMinutes: 1,
      severity,
      summary: "Age of state that PostgreSQL does not have yet, in seconds",
      remedy: "See smith sync status.",
    },
    {
      alert: "RelayBehind",
      expr: promql(`{smith_sync_relay_lag_seconds} >= ${limit}`),
      forMinutes: 1,
      severity,
      summary: "Age of an event that is not published yet, in seconds",
      remedy: "See smith sync status.",
    },
    {
      alert: "JetStreamFillsUp",
      expr: promql(
        `100 * {smith_jetstream_storage_bytes} / {smith_jetstream_storage_limit_bytes} >= ${limit === 60 ? 80 : 90}`,
      ),
      forMinutes: 1,
      severity,
      summary: "JetStream's storage is used, in percent",
      remedy: "Give the account more, or its streams smaller limits.",
    },
  ]),
  {
    alert: "DeadLetters",
    expr: promql("{smith_sync_dead_letters} > 0"),
    forMinutes: 1,
    severity: "warning",
    summary: "Writes and events that wait for a person",
    remedy: "See smith sync dead-letters list.",
  },
  {
    alert: "PartStuck",
    expr: promql('{smith_daemon_part_state}{state="stuck"} == 1'),
    forMinutes: 1,
    severity: "critical",
    summary: "A part of smithd does not get on",
    remedy: "See its log, and smith sync status.",
  },
  {
    alert: "SmithdAway",
    expr: promql("absent({smith_daemon_info})"),
    forMinutes: 5,
    severity: "critical",
    summary: "No smithd is heard of",
    remedy: "See whether it runs and Prometheus reaches it: nobody flushes, and nobody tells of alerts.",
  },
  {
    alert: "NobodyMonitors",
    expr: promql("absent({smith_monitor_collector_failures_total})"),
    forMinutes: 5,
    severity: "critical",
    summary: "Nobody measures PostgreSQL",
    remedy:
      "See whether PostgreSQL is there, and a smithd with the role monitor: no other alert of PostgreSQL can fire.",
  },
  {
    alert: "RoleWithoutLeader",
    expr: promql("sum by (role) ({smith_daemon_role_leader}) == 0"),
    forMinutes: 2,
    severity: "critical",
    summary: "No daemon leads a role",
    remedy: "See the logs of smithd: its candidates cannot take the lease.",
  },
  {
    alert: "StreamWithoutLeader",
    expr: promql("{smith_jetstream_stream_led} == 0 or {smith_jetstream_consumer_led} == 0"),
    forMinutes: 1,
    severity: "critical",
    summary: "A stream or consumer of JetStream has no leader, and takes or gives nothing",
    remedy: "See which servers of the NATS cluster are away: nats server report jetstream.",
  },
];
