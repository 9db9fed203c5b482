import { z } from "zod";
import { sql } from "../statement/sql.ts";
import { type Lsn, parseLsn } from "./lsn.ts";
import { timelineOf } from "./timeline.ts";

/** What a server says of itself. */
export interface ProbeAnswer {
  readonly role: "primary" | "replica";
  /** Up to where a primary has flushed its log, or a replica has replayed it. */
  readonly lsn: Lsn | undefined;
  /**
   * Raised by each promotion. A replica may show an older one than it is on for some minutes: what it streams it tells
   * only to roles that may see that (`pg_read_all_stats`), and its control file is written at times.
   */
  readonly timeline: number | undefined;
  /** Whether transactions of the role that asks only read, unless they say otherwise. Default: false. */
  readonly readsOnly?: boolean;
  /** The same for all servers that descend from one `initdb`. */
  readonly systemId: string | undefined;
}

const answer = z.object({
  inRecovery: z.boolean(),
  readsOnly: z.boolean(),
  lsn: z.string().nullable(),
  walFile: z.string().nullable(),
  receivedTimeline: z.int().nullable(),
  savedTimeline: z.int().nullable(),
  systemId: z.string().nullable(),
});

/**
 * Asks a server what it is and where.
 *
 * @param withIdentity asks for what is in the control file too, for which some hosts give no right
 */
export const probeStatement = (withIdentity: boolean) => sql.type(answer)`
  SELECT
    pg_catalog.pg_is_in_recovery() AS "inRecovery",
    pg_catalog.current_setting('default_transaction_read_only')::boolean AS "readsOnly",
    CASE
      WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
      ELSE pg_catalog.pg_current_wal_flush_lsn()
    END::text AS lsn,
    CASE
      WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn())
    END AS "walFile",
    (SELECT r.received_tli FROM pg_catalog.pg_stat_wal_receiver AS r) AS "receivedTimeline",
    ${withIdentity ? savedTimeline : noTimeline} AS "savedTimeline",
    ${withIdentity ? identity : noIdentity} AS "systemId"
`;

// What a replica has surely reached; 0 before it was consistent.
const savedTimeline = sql.fragment`GREATEST(
      (SELECT c.timeline_id FROM pg_catalog.pg_control_checkpoint() AS c),
      (SELECT r.min_recovery_end_timeline FROM pg_catalog.pg_control_recovery() AS r)
    )`;
const noTimeline = sql.fragment`NULL::int`;

const identity = sql.fragment`(SELECT s.system_identifier::text FROM pg_catalog.pg_control_system() AS s)`;
const noIdentity = sql.fragment`NULL::text`;

/** Reads a row of {@link probeStatement}. */
export function probeAnswerOf(row: z.output<typeof answer>): ProbeAnswer {
  return {
    role: row.inRecovery ? "replica" : "primary",
    readsOnly: row.readsOnly,
    lsn: row.lsn === null ? undefined : parseLsn(row.lsn),
    timeline: row.walFile === null ? replicaTimeline(row) : timelineOf(row.walFile),
    systemId: row.systemId ?? undefined,
  };
}

function replicaTimeline({ receivedTimeline, savedTimeline: saved }: z.output<typeof answer>) {
  return Math.max(receivedTimeline ?? 0, saved ?? 0) || undefined;
}
