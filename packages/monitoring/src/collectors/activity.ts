import { sql } from "@mister-smith/client";
import { collectedRow } from "../collect/collected-row.ts";
import type { Collector } from "../collect/collector.ts";
import { counter, gauge } from "../metrics/metric.ts";

const row = sql.type(collectedRow);

/** What each database has done since its statistics began. */
export const databases: Collector = {
  name: "databases",
  asks: "what each database has done since its statistics began",
  needs: "nothing",
  intervalMs: 15_000,
  statement: () => row`
    SELECT
      d.datname AS database, d.xact_commit AS commits, d.xact_rollback AS rollbacks, d.deadlocks, d.blks_hit AS hit,
      d.blks_read AS read, d.temp_files, d.temp_bytes, d.conflicts
    FROM pg_catalog.pg_stat_database AS d
    WHERE d.datname IS NOT NULL AND d.datname NOT IN ('template0', 'template1')
    ORDER BY d.xact_commit DESC, d.datname
    LIMIT 100`,
  metrics: {
    commits: counter("smith_pg_commits_total", "Transactions that were committed", "database"),
    rollbacks: counter("smith_pg_rollbacks_total", "Transactions that were rolled back", "database"),
    deadlocks: counter("smith_pg_deadlocks_total", "Deadlocks that the server ended", "database"),
    hit: counter("smith_pg_blocks_hit_total", "Blocks that were found in the server's own cache", "database"),
    read: counter("smith_pg_blocks_read_total", "Blocks that were asked of the operating system", "database"),
    temp_files: counter(
      "smith_pg_temporary_files_total",
      "Files that statements needed as their memory was too small",
      "database",
    ),
    temp_bytes: counter("smith_pg_temporary_bytes_total", "Bytes in such files", "database"),
    conflicts: counter(
      "smith_pg_recovery_conflicts_total",
      "Statements on a replica that were ended for the replay",
      "database",
    ),
  },
};

/** How large this database is. */
export const sizes: Collector = {
  name: "sizes",
  asks: "how large this database is",
  needs: "nothing",
  intervalMs: 300_000,
  statement: () => row`
    SELECT
      pg_catalog.current_database() AS database, pg_catalog.pg_database_size(pg_catalog.current_database()::NAME) AS bytes`,
  metrics: { bytes: gauge("smith_pg_database_bytes", "What the database takes on disk", "database") },
};

/** Checkpoints: of pg_stat_bgwriter before PostgreSQL 17, of pg_stat_checkpointer since. */
export const checkpoints: Collector = {
  name: "checkpoints",
  asks: "how often the server wrote all that was changed, and how long that took",
  needs: "nothing",
  intervalMs: 60_000,
  statement: ({ version }) =>
    version >= 170_000
      ? row`
    SELECT c.num_timed AS timed, c.num_requested AS requested, c.write_time / 1000 AS write, c.sync_time / 1000 AS sync,
      c.buffers_written AS buffers
    FROM pg_catalog.pg_stat_checkpointer AS c`
      : row`
    SELECT c.checkpoints_timed AS timed, c.checkpoints_req AS requested, c.checkpoint_write_time / 1000 AS write,
      c.checkpoint_sync_time / 1000 AS sync, c.buffers_checkpoint AS buffers
    FROM pg_catalog.pg_stat_bgwriter AS c`,
  metrics: {
    timed: counter("smith_pg_checkpoints_timed_total", "Checkpoints that came by the clock"),
    requested: counter(
      "smith_pg_checkpoints_requested_total",
      "Checkpoints that came as there was much log, or by command",
    ),
    write: counter("smith_pg_checkpoint_write_seconds_total", "Time spent on writing at checkpoints"),
    sync: counter("smith_pg_checkpoint_sync_seconds_total", "Time spent on having the disk confirm it"),
    buffers: counter("smith_pg_checkpoint_buffers_total", "Blocks that checkpoints wrote"),
  },
};

/** How much log there is. */
export const wal: Collector = {
  name: "wal",
  asks: "how much log was written",
  needs: "nothing",
  intervalMs: 15_000,
  statement: () => row`
    SELECT w.wal_records AS records, w.wal_bytes AS bytes, w.wal_fpi AS images, w.wal_buffers_full AS full
    FROM pg_catalog.pg_stat_wal AS w`,
  metrics: {
    records: counter("smith_pg_wal_records_total", "Records written to the log"),
    bytes: counter("smith_pg_wal_bytes_total", "Bytes written to the log"),
    images: counter(
      "smith_pg_wal_full_page_images_total",
      "Whole pages written to the log, each after a checkpoint",
    ),
    full: counter(
      "smith_pg_wal_buffers_full_total",
      "Times that the log was written as its buffers were full",
    ),
  },
};

/** Who waits for whom. */
export const locks: Collector = {
  name: "locks",
  asks: "how many wait for a lock, for how long, and how many one behind the other",
  needs: "nothing",
  intervalMs: 15_000,
  statement: () => row`
    WITH RECURSIVE blocked AS MATERIALIZED (
      -- To ask whom one waits for takes the locks of the lock table itself: not for hundreds.
      SELECT w.pid, pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS blocker
      FROM (
        SELECT l.pid FROM pg_catalog.pg_locks AS l WHERE NOT l.granted GROUP BY l.pid ORDER BY l.pid LIMIT 50
      ) AS w
    ),
    chain AS (
      SELECT b.pid, 1 AS place FROM blocked AS b WHERE b.blocker NOT IN (SELECT o.pid FROM blocked AS o)
      UNION
      SELECT b.pid, c.place + 1 FROM chain AS c JOIN blocked AS b ON b.blocker = c.pid WHERE c.place < 50
    )
    SELECT
      (SELECT COALESCE(pg_catalog.max(c.place), 0) FROM chain AS c) AS chain,
      pg_catalog.count(DISTINCT l.pid) AS waiting,
      COALESCE(EXTRACT(epoch FROM pg_catalog.max(pg_catalog.clock_timestamp() - l.waitstart)), 0) AS longest
    FROM pg_catalog.pg_locks AS l
    WHERE NOT l.granted`,
  metrics: {
    waiting: gauge("smith_pg_lock_waiters", "Connections that wait for a lock"),
    longest: gauge(
      "smith_pg_lock_longest_wait_seconds",
      "For how long the one that waits longest has waited; 0 when none does",
    ),
    chain: gauge(
      "smith_pg_lock_longest_chain",
      "Connections that wait one behind the other for somebody who waits for nobody; of fifty that wait",
    ),
  },
};

/** The statements that take the most time; no more series than that, however many statements come by. */
export const statements: Collector = {
  name: "statements",
  asks: "which statements take the most time; needs pg_stat_statements",
  needs: "pg_monitor",
  intervalMs: 60_000,
  statement: ({ statementsSchema }) =>
    statementsSchema === null
      ? null
      : row`
    SELECT s.queryid::TEXT AS query_id, s.calls, s.total_exec_time / 1000 AS seconds, s.rows AS row_count
    FROM (
      SELECT t.queryid, pg_catalog.sum(t.calls) AS calls, pg_catalog.sum(t.total_exec_time) AS total_exec_time,
        pg_catalog.sum(t.rows) AS rows
      FROM ${sql.identifier([statementsSchema, "pg_stat_statements"])} AS t
      WHERE t.queryid IS NOT NULL
      GROUP BY t.queryid
    ) AS s
    ORDER BY s.total_exec_time DESC, s.queryid
    LIMIT 50`,
  metrics: {
    calls: counter(
      "smith_pg_statement_calls_total",
      "How often a statement was executed; the fifty that took the most time",
      "query_id",
    ),
    seconds: counter("smith_pg_statement_seconds_total", "How long its executions took", "query_id"),
    row_count: counter("smith_pg_statement_rows_total", "How many rows they returned or changed", "query_id"),
  },
};
