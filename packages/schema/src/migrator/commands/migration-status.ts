import type { MigrationFile } from "../files/migration-file.ts";
import { readMigrationFolder } from "../files/read-migration-folder.ts";
import type { MigratorOptions } from "../options/migrator-options.ts";
import { type ResolvedOptions, resolveOptions } from "../options/resolve-options.ts";
import { findProblems, type MigrationProblem } from "../plan/find-problems.ts";
import type { MigratorSession } from "../session/migrator-session.ts";
import { selectDownChecksums, selectInterrupted } from "../sql/history.ts";
import type { AppliedMigration } from "../tracking/applied-migration.ts";
import { readRecord } from "../tracking/record-rights.ts";
import { readTrackingState, type TrackingState } from "../tracking/tracking-state.ts";
import { displayTable } from "../tracking/tracking-table.ts";
import { withReader } from "./with-runner.ts";

/** A migration as folder and database see it. */
export interface MigrationStatusEntry {
  readonly version: number;
  readonly name: string;
  readonly state: "applied" | "pending" | "changed" | "renamed" | "missing" | "out-of-order" | "newer";
  /** The up file; null when it is gone. */
  readonly file: string | null;
  readonly hasDown: boolean;
  /** Whether the down file is another one than when the migration was applied. That stops nothing. */
  readonly downChanged: boolean;
  /** ISO 8601; null when it is not applied. */
  readonly installedOn: string | null;
  readonly installedBy: string | null;
  /** How long it took; null when it is not applied, or was baselined. */
  readonly durationMs: number | null;
  /** The line at which a run without a transaction was interrupted; the next run goes on from there. */
  readonly interruptedAtLine: number | null;
}

/** How a database stands against a folder of migrations. */
export interface MigrationStatus {
  /** The tracking table as `schema.name`. */
  readonly table: string;
  /** Whether the tracking table exists: it is made by the first run. */
  readonly initialized: boolean;
  /** The newest applied version; 0 for none. */
  readonly current: number;
  /** The newest version in the folder; 0 for none. */
  readonly latest: number;
  /** Nothing waits and nothing differs. */
  readonly upToDate: boolean;
  readonly applied: number;
  readonly pending: number;
  readonly migrations: readonly MigrationStatusEntry[];
  /** What differs between folder and database; empty when all is well. */
  readonly problems: readonly MigrationProblem[];
}

/**
 * Compares the database with the folder. Reads only: it takes no lock and works while others migrate.
 *
 * @throws {MigrationError} when the folder or the database cannot be read; differences are in the result
 */
export async function migrationStatus(options: MigratorOptions): Promise<MigrationStatus> {
  const resolved = resolveOptions(options);
  const files = await readMigrationFolder(resolved.folder);
  return withReader(resolved, async (session) => {
    const state = await readTrackingState(session, resolved.table, "status");
    const notes = await readRecord(session, resolved.table, "status", () =>
      readNotes(session, resolved, state),
    );
    return compare(resolved, files, state, notes);
  });
}

interface Notes {
  readonly downChecksums: ReadonlyMap<number, string | null>;
  readonly interrupted: ReadonlyMap<number, number | null>;
}

async function readNotes(
  session: MigratorSession,
  { table }: ResolvedOptions,
  { historyExists }: TrackingState,
): Promise<Notes> {
  if (!historyExists) return { downChecksums: new Map(), interrupted: new Map() };
  const downs = await session.any(selectDownChecksums(table));
  const interrupted = await session.any(selectInterrupted(table));
  return {
    downChecksums: new Map(downs.map(({ version, checksum }) => [version, checksum])),
    interrupted: new Map(interrupted.map(({ version, line }) => [version, line])),
  };
}

function compare(
  { table }: ResolvedOptions,
  files: readonly MigrationFile[],
  { applied, tableExists }: TrackingState,
  notes: Notes,
): MigrationStatus {
  const problems = findProblems(files, applied);
  const migrations = listMigrations(files, applied, problems, notes);
  const done = new Set(applied.map(({ version }) => version));
  const pending = files.filter(({ version }) => !done.has(version)).length;
  return {
    table: displayTable(table),
    initialized: tableExists,
    current: applied.at(-1)?.version ?? 0,
    latest: files.at(-1)?.version ?? 0,
    upToDate: pending === 0 && problems.length === 0,
    applied: applied.length,
    pending,
    migrations,
    problems,
  };
}

const stateOf = {
  MIGRATION_CHANGED: "changed",
  MIGRATION_RENAMED: "renamed",
  MIGRATION_MISSING: "missing",
  MIGRATION_OUT_OF_ORDER: "out-of-order",
  MIGRATION_DATABASE_NEWER: "newer",
} as const;

function listMigrations(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
  problems: readonly MigrationProblem[],
  notes: Notes,
): readonly MigrationStatusEntry[] {
  const fileOf = new Map(files.map((file) => [file.version, file]));
  const rowOf = new Map(applied.map((row) => [row.version, row]));
  const problemOf = new Map(problems.map((problem) => [problem.version, problem]));
  const versions = [...new Set([...fileOf.keys(), ...rowOf.keys()])].sort((a, b) => a - b);
  return versions.map((version) => {
    const file = fileOf.get(version);
    const row = rowOf.get(version);
    const problem = problemOf.get(version);
    const downThen = notes.downChecksums.get(version);
    return {
      version,
      name: file?.name ?? row?.name ?? "",
      state: problem === undefined ? (row === undefined ? "pending" : "applied") : stateOf[problem.code],
      file: file?.up.file ?? null,
      hasDown: file?.down !== undefined,
      downChanged: row !== undefined && downThen !== undefined && downThen !== (file?.down?.checksum ?? null),
      installedOn: row?.installedOn ?? null,
      installedBy: row?.installedBy ?? null,
      durationMs: row?.durationMs ?? null,
      interruptedAtLine: notes.interrupted.get(version) ?? null,
    };
  });
}
