import type { TableChurn } from "./table-churn.ts";

/** What should be set otherwise for a table. */
export interface VacuumAdvice {
  readonly schema: string;
  readonly table: string;
  /** Storage parameters with their new values; null: to be reset. */
  readonly parameters: Readonly<Record<string, string | null>>;
  /** Why, and what is to be expected of it: a sentence each. */
  readonly reasons: readonly string[];
}

interface Change {
  readonly parameters: VacuumAdvice["parameters"];
  readonly reason: string;
}
type Rule = (table: TableChurn) => Change | null;

/** A table that is smaller is vacuumed in a moment, however it is set. */
const smallestBytes = 8 * 1024 ** 2;
/** As much of a table may be dead, by the specification's production configuration. */
const deadShare = 0.05;
/** At today's churn autovacuum is not to come more often. */
const shortestIntervalMs = 10 * 60_000;
const fewestDeadRows = 1_000;

const rules: readonly Rule[] = [autovacuumOff, deadRows, insertedRows, roomOnPages];

/**
 * What the churn of a table calls for; null where nothing would be better. Deterministic: the same figures give the same advice.
 */
export function adviseVacuum(table: TableChurn): VacuumAdvice | null {
  const changes = rules.flatMap((rule) => rule(table) ?? []);
  if (changes.length === 0) return null;
  return {
    schema: table.schema,
    table: table.table,
    parameters: Object.assign({}, ...changes.map(({ parameters }) => parameters)),
    reasons: changes.map(({ reason }) => reason),
  };
}

function autovacuumOff({ isAutovacuumOn, updated, deleted, inserted }: TableChurn): Change | null {
  if (isAutovacuumOn || updated + deleted + inserted === 0) return null;
  return {
    parameters: { autovacuum_enabled: null },
    reason:
      "autovacuum is switched off for it: dead rows pile up until somebody vacuums it by hand; it would come by itself again",
  };
}

function deadRows(churn: TableChurn): Change | null {
  const { bytes, rows, updated, deleted, overMs, deadRowsTrigger } = churn;
  const dead = updated + deleted;
  if (bytes < smallestBytes || dead === 0 || rows <= 0) return null;
  const perMs = dead / overMs;
  const wanted = roundedDown(Math.max(rows * deadShare, perMs * shortestIntervalMs, fewestDeadRows));
  // What was set by hand for less churn makes autovacuum come without end.
  const isTooOften =
    churn.parameters["autovacuum_vacuum_threshold"] !== undefined && wanted > deadRowsTrigger * 3;
  // Not worth a change when it would be nearly the same.
  if (wanted > deadRowsTrigger * 0.7 && !isTooOften) return null;
  const bytesOf = (count: number) => byteText((count * bytes) / rows);
  return {
    parameters: { autovacuum_vacuum_scale_factor: "0", autovacuum_vacuum_threshold: String(wanted) },
    reason:
      `autovacuum comes when ${Math.round(deadRowsTrigger)} rows are dead (${bytesOf(deadRowsTrigger)}), which takes ` +
      `${durationText(deadRowsTrigger / perMs)} at this churn; it would come at ${wanted} (${bytesOf(wanted)}), every ` +
      `${durationText(wanted / perMs)}`,
  };
}

function insertedRows(churn: TableChurn): Change | null {
  const { bytes, rows, inserted, updated, deleted, overMs, insertedTrigger } = churn;
  if (bytes < 32 * smallestBytes || inserted === 0 || updated + deleted > inserted * 0.01) return null;
  const perMs = inserted / overMs;
  const wanted = roundedDown(Math.max(rows * 0.02, perMs * shortestIntervalMs * 6, 10_000));
  if (wanted > insertedTrigger * 0.5) return null;
  return {
    parameters: {
      autovacuum_vacuum_insert_scale_factor: "0",
      autovacuum_vacuum_insert_threshold: String(wanted),
    },
    reason:
      `rows are only added: autovacuum marks pages as all visible after ${Math.round(insertedTrigger)} more rows, every ` +
      `${durationText(insertedTrigger / perMs)}; it would after ${wanted}, every ${durationText(wanted / perMs)}, so that scans of ` +
      "indexes alone need the table less, and rows are frozen in small steps",
  };
}

function roomOnPages({ bytes, updated, movedForRoom, fillfactor }: TableChurn): Change | null {
  if (bytes < smallestBytes || movedForRoom === null || updated < 10_000 || fillfactor < 90) return null;
  const share = movedForRoom / updated;
  if (share < 0.2) return null;
  return {
    parameters: { fillfactor: share > 0.5 ? "75" : "85" },
    reason:
      `${Math.round(share * 100)} % of its updated rows went to another page for want of room, with a new entry in every index; ` +
      "with room left on pages that are filled from now on, most would stay (VACUUM FULL does it for those that are there, and locks " +
      "the table)",
  };
}

/** Two digits: a figure that people can remember is worth more than one that is exact. */
function roundedDown(value: number): number {
  const digit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.floor(value / digit + 1e-6) * digit;
}

function byteText(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  return mebibytes >= 1024
    ? `${(mebibytes / 1024).toFixed(1)} GB`
    : `${mebibytes.toFixed(mebibytes < 10 ? 1 : 0)} MB`;
}

function durationText(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 120) return `${Math.max(1, Math.round(minutes))} min`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} days`;
}
