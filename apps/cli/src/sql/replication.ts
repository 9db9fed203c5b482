import { sql } from "@mister-smith/client";
import { z } from "zod";

const position = z.object({ lsn: z.string() });

/** Up to where the primary has written its log. */
export const selectPosition = sql.type(position)`
  SELECT pg_catalog.pg_current_wal_lsn()::TEXT AS lsn
`;

const follower = z.object({
  application: z.string().nullable(),
  client: z.string().nullable(),
  state: z.string().nullable(),
  sync: z.string().nullable(),
  unsentBytes: z.number().nullable(),
  lagBytes: z.number().nullable(),
  replayLagMs: z.number().nullable(),
});

/** Who follows the primary, as the primary sees it; null where the role may not see it. */
export type Follower = z.output<typeof follower>;

/** Everybody who receives the log of this primary. */
export const selectFollowers = sql.type(follower)`
  SELECT
    nullif(r.application_name, '') AS application,
    coalesce(r.client_addr::TEXT, r.client_hostname) AS client,
    r.state,
    r.sync_state AS sync,
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.sent_lsn)::FLOAT8 AS "unsentBytes",
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn)::FLOAT8 AS "lagBytes",
    (extract(EPOCH FROM r.replay_lag) * 1000)::FLOAT8 AS "replayLagMs"
  FROM pg_catalog.pg_stat_replication AS r
  ORDER BY r.application_name, r.client_addr
`;

const heldSlot = z.object({
  slot: z.string(),
  active: z.boolean(),
  heldBytes: z.number().nullable(),
});

/** A slot, and how much of the log the primary keeps for it. */
export type HeldSlot = z.output<typeof heldSlot>;

/** The slots for replicas; one that nobody uses fills the primary's disk. */
export const selectSlots = sql.type(heldSlot)`
  SELECT
    s.slot_name::TEXT AS slot,
    s.active,
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn)::FLOAT8 AS "heldBytes"
  FROM pg_catalog.pg_replication_slots AS s
  WHERE s.slot_type = 'physical'
  ORDER BY s.slot_name
`;

// A replica that has gone on since the primary was asked lacks nothing.
const lacking = z
  .number()
  .nullable()
  .transform((bytes) => (bytes === null ? null : Math.max(0, bytes)));

const replicaReport = z.object({
  inRecovery: z.boolean(),
  receives: z.boolean(),
  replayPaused: z.boolean(),
  lagBytes: lacking,
  unreplayedBytes: lacking,
  lastReplayedMs: z.number().nullable(),
});

/** What a replica says of itself. */
export type ReplicaReport = z.output<typeof replicaReport>;

/**
 * Asks a replica how far it is.
 *
 * @param primaryLsn where the primary was just before; null when that is not known
 */
export const selectReplicaReport = (primaryLsn: string | null) => sql.type(replicaReport)`
  SELECT
    pg_catalog.pg_is_in_recovery() AS "inRecovery",
    EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver AS w WHERE w.pid IS NOT NULL) AS receives,
    CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_is_wal_replay_paused() ELSE FALSE END AS "replayPaused",
    pg_catalog.pg_wal_lsn_diff(${primaryLsn}::PG_LSN, pg_catalog.pg_last_wal_replay_lsn())::FLOAT8 AS "lagBytes",
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn())::FLOAT8
      AS "unreplayedBytes",
    (extract(EPOCH FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()) * 1000)::FLOAT8
      AS "lastReplayedMs"
`;
