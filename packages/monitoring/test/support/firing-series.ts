/** Series of three hours, a value a minute, in promtool's notation. */
export interface FiringSeries {
  /** With these, the alert fires in each of its severities. */
  readonly bad: Readonly<Record<string, string>>;
  /** With these, in none. */
  readonly well: Readonly<Record<string, string>>;
}

const always = (value: number) => `${value}x180`;
const growing = (byMinute: number) => `0+${byMinute}x180`;
const simple = (series: string, bad: number, well: number): FiringSeries => ({
  bad: { [series]: always(bad) },
  well: { [series]: always(well) },
});

/** What makes each alert fire. */
export const firingSeries: Readonly<Record<string, FiringSeries>> = {
  ConnectionsUsedUp: {
    bad: {
      'smith_pg_connections{state="idle"}': always(80),
      'smith_pg_connections{state="active"}': always(10),
      smith_pg_connections_available: always(97),
    },
    well: {
      'smith_pg_connections{state="idle"}': always(30),
      'smith_pg_connections{state="active"}': always(10),
      smith_pg_connections_available: always(97),
    },
  },
  StatementsSlow: {
    bad: {
      'smith_pg_statement_seconds_total{query_id="1"}': growing(22),
      'smith_pg_statement_calls_total{query_id="1"}': growing(2),
    },
    well: {
      'smith_pg_statement_seconds_total{query_id="1"}': growing(2),
      'smith_pg_statement_calls_total{query_id="1"}': growing(2),
    },
  },
  IndexBloated: {
    bad: {
      'smith_pg_index_bloat_bytes{schema="s",table="t",index="i",method="exact"}': always(60e6),
      'smith_pg_index_bytes{schema="s",table="t",index="i"}': always(100e6),
    },
    // Of a small one it does not matter.
    well: {
      'smith_pg_index_bloat_bytes{schema="s",table="t",index="i",method="exact"}': always(6e6),
      'smith_pg_index_bytes{schema="s",table="t",index="i"}': always(10e6),
    },
  },
  TableBloated: {
    bad: {
      'smith_pg_table_bloat_bytes{schema="s",table="t",method="estimated"}': always(70e6),
      'smith_pg_table_bytes{schema="s",table="t"}': always(100e6),
    },
    well: {
      'smith_pg_table_bloat_bytes{schema="s",table="t",method="estimated"}': always(30e6),
      'smith_pg_table_bytes{schema="s",table="t"}': always(100e6),
    },
  },
  ReplicationBehind: simple('smith_pg_follower_lag_seconds{application="a",client="c",state="s"}', 40, 0),
  DiskFillsUp: {
    bad: {
      'smith_disk_used_bytes{place="data"}': always(95),
      'smith_disk_available_bytes{place="data"}': always(5),
    },
    well: {
      'smith_disk_used_bytes{place="data"}': always(70),
      'smith_disk_available_bytes{place="data"}': always(30),
    },
  },
  CacheMissed: {
    bad: {
      'smith_pg_blocks_hit_total{database="d"}': growing(1000),
      'smith_pg_blocks_read_total{database="d"}': growing(1000),
    },
    well: {
      'smith_pg_blocks_hit_total{database="d"}': growing(1000),
      'smith_pg_blocks_read_total{database="d"}': growing(1),
    },
  },
  Deadlocks: {
    bad: { 'smith_pg_deadlocks_total{database="d"}': growing(1) },
    well: { 'smith_pg_deadlocks_total{database="d"}': always(100) },
  },
  TransactionOpenForLong: simple("smith_pg_oldest_transaction_seconds", 7_200, 60),
  ArchivingFails: {
    bad: { smith_pg_archive_failing: always(1), smith_pg_archive_enabled: always(1) },
    // It failed, and was switched off since.
    well: { smith_pg_archive_failing: always(1), smith_pg_archive_enabled: always(0) },
  },
  ArchivingStands: {
    bad: {
      smith_pg_wal_bytes_total: growing(10e6),
      smith_pg_archived_files_total: always(7),
      smith_pg_archive_enabled: always(1),
    },
    well: {
      smith_pg_wal_bytes_total: growing(10e6),
      smith_pg_archived_files_total: always(7),
      smith_pg_archive_enabled: always(0),
    },
  },
  SmithdAway: { bad: {}, well: { 'smith_daemon_info{version="1"}': always(1) } },
  NobodyMonitors: {
    bad: {},
    well: { 'smith_monitor_collector_failures_total{collector="server"}': always(0) },
  },
  ReplicationSlotLost: simple('smith_pg_replication_slot_lost{slot="s"}', 1, 0),
  ReplicaCutOff: simple("smith_pg_replica_streaming", 0, 1),
  FollowerGone: {
    bad: {
      'smith_pg_follower_lag_bytes{application="r",client="",state="streaming"}': "0x60 _x120",
      'smith_monitor_collector_state{collector="followers",state="ok"}': always(1),
    },
    // Another link of the same one, and the copy of a table that is done.
    well: {
      'smith_pg_follower_lag_bytes{application="r",client="",state="catchup"}': "9x60 _x120",
      'smith_pg_follower_lag_bytes{application="r",client="",state="streaming"}': "_x60 0x120",
      'smith_pg_follower_lag_bytes{application="pg_1_sync_2_3",client="",state="streaming"}': "9x60 _x120",
      'smith_monitor_collector_state{collector="followers",state="ok"}': always(1),
    },
  },
  ReplicationSlotUnused: simple('smith_pg_replication_slot_active{slot="s"}', 0, 1),
  TransactionIdsRunOut: simple('smith_pg_multixact_id_age{database="d"}', 1_900_000_000, 200_000_000),
  SequenceRunsOut: simple('smith_pg_sequence_used_ratio{schema="s",sequence="q"}', 0.97, 0.5),
  InvalidIndexes: simple("smith_pg_invalid_indexes", 1, 0),
  LockHeldForLong: simple("smith_pg_lock_longest_wait_seconds", 90, 1),
  IdleInTransaction: simple("smith_pg_oldest_idle_in_transaction_seconds", 900, 1),
  DeadRowsKept: simple('smith_pg_oldest_xmin_age_transactions{holder="transaction"}', 20_000_000, 1_000),
  AutovacuumBehind: {
    bad: {
      'smith_pg_table_dead_rows{schema="s",table="t"}': always(50_000),
      'smith_pg_table_autovacuum_dead_rows{schema="s",table="t"}': always(20_000),
    },
    well: {
      'smith_pg_table_dead_rows{schema="s",table="t"}': always(30_000),
      'smith_pg_table_autovacuum_dead_rows{schema="s",table="t"}': always(20_000),
    },
  },
  CheckpointsForced: {
    bad: {
      smith_pg_checkpoints_requested_total: growing(1),
      smith_pg_checkpoints_timed_total: always(0),
    },
    well: {
      smith_pg_checkpoints_requested_total: always(9),
      smith_pg_checkpoints_timed_total: growing(1),
    },
  },
  NotMeasured: {
    bad: { 'smith_monitor_collector_state{collector="wal",state="stale"}': always(1) },
    well: { 'smith_monitor_collector_state{collector="wal",state="not visible"}': always(1) },
  },
  FlushBehind: simple("smith_sync_flush_lag_seconds", 400, 1),
  RelayBehind: simple("smith_sync_relay_lag_seconds", 400, 1),
  JetStreamFillsUp: {
    bad: { smith_jetstream_storage_bytes: always(95), smith_jetstream_storage_limit_bytes: always(100) },
    well: { smith_jetstream_storage_bytes: always(95) },
  },
  DeadLetters: simple('smith_sync_dead_letters{pipe="flush"}', 1, 0),
  PartStuck: {
    bad: { 'smith_daemon_part_state{part="flush",state="stuck"}': always(1) },
    well: { 'smith_daemon_part_state{part="flush",state="running"}': always(1) },
  },
  RoleWithoutLeader: {
    bad: {
      'smith_daemon_role_leader{role="flush",instance="a"}': always(0),
      'smith_daemon_role_leader{role="flush",instance="b"}': always(0),
    },
    well: {
      'smith_daemon_role_leader{role="flush",instance="a"}': always(0),
      'smith_daemon_role_leader{role="flush",instance="b"}': always(1),
    },
  },
  StreamWithoutLeader: simple('smith_jetstream_stream_led{stream="s"}', 0, 1),
};
