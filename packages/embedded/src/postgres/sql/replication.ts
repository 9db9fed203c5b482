import { createSqlTag } from "@slonik/sql-tag";
import { z } from "zod";

const sql = createSqlTag();

/** Makes a slot that keeps WAL from now on. */
export const createSlot = (name: string) => sql.type(z.object({ name: z.string() }))`
  SELECT slot_name AS name FROM pg_create_physical_replication_slot(${name}, true)
`;

/** Drops the slot unless somebody uses it; tells whether it is still there. */
export const dropIdleSlot = (name: string) => sql.type(z.object({ active: z.boolean() }))`
  WITH slot AS (SELECT slot_name, active FROM pg_replication_slots WHERE slot_name = ${name})
  SELECT
    slot.active,
    CASE WHEN NOT slot.active THEN pg_drop_replication_slot(slot.slot_name) END AS dropped
  FROM slot
`;

/** Begins a backup of the files, with a checkpoint at once. */
export const beginBackup = (label: string) => sql.type(z.object({ lsn: z.string() }))`
  SELECT pg_backup_start(${label}, true)::text AS lsn
`;

/** Ends it; what the label says must be put beside the copied files. */
export const endBackup = () => sql.type(z.object({ label: z.string(), tablespaces: z.string() }))`
  SELECT labelfile AS label, spcmapfile AS tablespaces FROM pg_backup_stop(false)
`;

/** Makes a standby a primary; waits for it. */
export const promote = (timeoutSeconds: number) => sql.type(z.object({ promoted: z.boolean() }))`
  SELECT pg_promote(true, ${timeoutSeconds}) AS promoted
`;
