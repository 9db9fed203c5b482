import { sql } from "@mister-smith/client";
import { collectedRow } from "../collect/collected-row.ts";
import type { Collector } from "../collect/collector.ts";
import { counter, gauge } from "../metrics/metric.ts";

const row = sql.type(collectedRow);

/**
 * How far those who follow are behind, as the primary sees it. One whose link is cut is not there any more: a rule tells of who
 * was there, and the slots of those that have one.
 */
export const followers: Collector = {
  name: "followers",
  asks: "how far those who follow this server are behind",
  needs: "pg_monitor",
  intervalMs: 15_000,
  // Who only receives the log, as pg_receivewal does, replays nothing: there is no lag, and nothing is hidden.
  sparse: ["bytes", "seconds"],
  hides: ({ state }) => state === "hidden",
  statement: ({ inRecovery }) => row`
    SELECT
      r.application_name AS application, COALESCE(r.client_addr::TEXT, '') AS client, COALESCE(r.state, 'hidden') AS state,
      pg_catalog.count(*) AS present,
      pg_catalog.max(pg_catalog.pg_wal_lsn_diff(here.lsn, r.replay_lsn)) AS bytes,
      pg_catalog.max(CASE WHEN r.replay_lsn >= here.lsn THEN 0 ELSE EXTRACT(epoch FROM r.replay_lag) END) AS seconds
    FROM pg_catalog.pg_stat_replication AS r
    CROSS JOIN (SELECT ${inRecovery ? replayed : written} AS lsn) AS here
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3
    LIMIT 100`,
  metrics: {
    present: gauge(
      "smith_pg_followers",
      "Connections that follow this server",
      "application",
      "client",
      "state",
    ),
    bytes: gauge(
      "smith_pg_follower_lag_bytes",
      "Log that one who follows has not replayed yet; none of who only receives it",
      "application",
      "client",
      "state",
    ),
    seconds: gauge(
      "smith_pg_follower_lag_seconds",
      "How long the last log that it told of took to be replayed there; 0 when it has all",
      "application",
      "client",
      "state",
    ),
  },
};
const replayed = sql.fragment`pg_catalog.pg_last_wal_replay_lsn()`;
const written = sql.fragment`pg_catalog.pg_current_wal_lsn()`;

/** How old what a replica shows is: right when nothing is written, and when its link is cut. */
export const replica: Collector = {
  name: "replica",
  asks: "how old what this replica shows is",
  needs: "pg_monitor",
  intervalMs: 15_000,
  statement: ({ inRecovery }) =>
    inRecovery
      ? row`
    SELECT
      CASE
        WHEN pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') THEN COALESCE(w.status = 'streaming', FALSE)::INTEGER
      END AS streaming,
      CASE
        WHEN NOT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') THEN NULL
        WHEN w.status = 'streaming' AND pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn()
          AND w.last_msg_receipt_time > pg_catalog.clock_timestamp() - INTERVAL '1 minute' THEN 0
        -- One that has not replayed a transaction yet shows what was there at its last checkpoint.
        ELSE EXTRACT(epoch FROM pg_catalog.clock_timestamp() - COALESCE(
          pg_catalog.pg_last_xact_replay_timestamp(), (SELECT k.checkpoint_time FROM pg_catalog.pg_control_checkpoint() AS k)
        ))
      END AS seconds
    FROM (SELECT 1) AS one
    LEFT JOIN pg_catalog.pg_stat_wal_receiver AS w ON TRUE`
      : null,
  metrics: {
    streaming: gauge(
      "smith_pg_replica_streaming",
      "1 while the replica receives the log of its primary, else 0",
    ),
    seconds: gauge(
      "smith_pg_replica_lag_seconds",
      "Age of the newest change that the replica shows; 0 while it is connected and has all",
    ),
  },
};

/** What is kept for those who are to follow. */
export const slots: Collector = {
  name: "slots",
  asks: "how much log replication slots keep",
  needs: "nothing",
  intervalMs: 15_000,
  sparse: ["inactive"],
  statement: ({ inRecovery, version }) => row`
    SELECT
      s.slot_name AS slot, s.active::INTEGER AS active, (s.wal_status = 'lost')::INTEGER AS lost,
      ${version >= 170_000 ? unusedFor : sql.fragment`NULL::DOUBLE PRECISION`} AS inactive,
      COALESCE(pg_catalog.pg_wal_lsn_diff(${inRecovery ? replayed : written}, s.restart_lsn), 0) AS bytes
    FROM pg_catalog.pg_replication_slots AS s
    ORDER BY s.slot_name
    LIMIT 100`,
  metrics: {
    active: gauge("smith_pg_replication_slot_active", "1 while somebody uses the slot, else 0", "slot"),
    inactive: gauge(
      "smith_pg_replication_slot_inactive_seconds",
      "For how long nobody has used the slot, 0 while somebody does; from PostgreSQL 17 on",
      "slot",
    ),
    lost: gauge(
      "smith_pg_replication_slot_lost",
      "1 when log that the slot needs is gone: whoever follows it must begin anew",
      "slot",
    ),
    bytes: gauge(
      "smith_pg_replication_slot_retained_bytes",
      "Log that the server keeps for the slot",
      "slot",
    ),
  },
};

const unusedFor = sql.fragment`
      CASE
        WHEN s.active THEN 0
        ELSE EXTRACT(epoch FROM pg_catalog.clock_timestamp() - s.inactive_since)
      END`;

/** Whether the log is archived. */
export const archiver: Collector = {
  name: "archiver",
  asks: "whether the log is archived",
  needs: "nothing",
  intervalMs: 15_000,
  statement: () => row`
    SELECT
      (pg_catalog.current_setting('archive_mode') <> 'off')::INTEGER AS enabled,
      a.archived_count AS archived, a.failed_count AS failures,
      COALESCE(a.last_failed_time > COALESCE(a.last_archived_time, '-infinity'), FALSE)::INTEGER AS failing
    FROM pg_catalog.pg_stat_archiver AS a`,
  metrics: {
    enabled: gauge("smith_pg_archive_enabled", "1 when the log is to be archived, else 0"),
    archived: counter("smith_pg_archived_files_total", "Files of the log that were archived"),
    failures: counter("smith_pg_archive_failures_total", "Attempts to archive a file of the log that failed"),
    failing: gauge("smith_pg_archive_failing", "1 when the last attempt to archive failed, else 0"),
  },
};
