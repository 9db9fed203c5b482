import type { ClientConfig } from "pg";
import type { Catalog } from "../catalog/catalog.ts";
import { compareCatalogs } from "../catalog/compare-catalogs.ts";
import { describeDifference } from "../catalog/describe-difference.ts";
import { readCatalog } from "../catalog/read-catalog.ts";
import { withRunner } from "../commands/with-runner.ts";
import { applySteps } from "../execute/apply-steps.ts";
import type { RunContext } from "../execute/run-context.ts";
import type { MigrationFile } from "../files/migration-file.ts";
import { readMigrationFolder } from "../files/read-migration-folder.ts";
import type { MigratorOptions } from "../options/migrator-options.ts";
import { type ResolvedOptions, resolveOptions } from "../options/resolve-options.ts";
import { planSteps } from "../plan/migration-step.ts";
import { ensureTracking } from "../tracking/ensure-tracking.ts";
import { readTrackingState } from "../tracking/tracking-state.ts";
import { ignoredTables } from "./ignored-tables.ts";
import { fillTables, type TableFill } from "./rows/fill-tables.ts";
import { createScratchDatabase, type ScratchDatabase } from "./scratch-database.ts";
import { type FileToVerify, type VerifiedFile, verifyFile } from "./verify-file.ts";
import type { FileVerification, FileVerifiedEvent, VerifyResult, WholeWay } from "./verify-result.ts";

/** Options of {@link verifyMigrations}. */
export interface VerifyOptions extends Omit<MigratorOptions, "onEvent"> {
  /** Server for the scratch database, when it shall not be the one of `connection`. Default: that one. */
  readonly scratchConnection?: string | ClientConfig;
  /** Hears of each file as it is done. What it throws is ignored. */
  readonly onEvent?: (event: FileVerifiedEvent) => void;
}

/**
 * Proves in a scratch database that every down file is the inverse of its up file.
 *
 * For each file in order: up, down, up again, and the same once more with rows in every table that takes one;
 * after each step the whole catalogue is compared, and behind each down also the values of the rows and the positions
 * of the sequences that were there before the file. At last all files go down. The scratch database
 * (`smith_scratch_…`) is made on the server of `connection`, or of `scratchConnection`, and dropped however the
 * run ends; what a killed run left is removed by the next one. The database that the connection names is not
 * touched, unless a file says so: a statement such as ALTER DATABASE, ALTER ROLE or GRANT of a role reaches the whole
 * cluster from wherever it runs, and stays. `notes` names each with its line. Roles belong to the cluster: those that the files create stay, and `notes` names them.
 *
 * Files run through the same code as {@link migrateUp}. A file that is at fault does not stop the ones behind it,
 * unless its up cannot be run.
 *
 * @throws {MigrationError} when folder or server cannot be used, or the signal ends the run; what is wrong with
 *   the migrations is the result's, not an error
 */
export async function verifyMigrations(options: VerifyOptions): Promise<VerifyResult> {
  const { onEvent, scratchConnection, ...rest } = options;
  const resolved = resolveOptions(rest);
  const where =
    typeof scratchConnection === "string" ? { connectionString: scratchConnection } : scratchConnection;
  const files = await readMigrationFolder(resolved.folder);
  const started = performance.now();
  await using scratch = await createScratchDatabase(where ?? resolved.connection, resolved);
  const roles = await scratch.roles();
  const verification = new Verification({ ...resolved, connection: scratch.connection }, files, onEvent);
  await verification.run(scratch);
  const created = (await scratch.roles()).filter((role) => !roles.includes(role));
  const notes = created.map(
    (role) => `the role "${role}" was created and stays: roles belong to the whole cluster`,
  );
  return {
    ...verification.result(),
    notes: [...verification.notes, ...notes],
    durationMs: performance.now() - started,
  };
}

class Verification {
  /** What is no fault of a file and yet worth knowing. */
  readonly notes: string[] = [];
  readonly #options: ResolvedOptions;
  readonly #migrations: readonly MigrationFile[];
  readonly #tell: (event: FileVerifiedEvent) => void;
  readonly #files: FileVerification[] = [];
  readonly #fills = new Map<string, TableFill>();
  #serverVersion = 0;
  #wholeWay: WholeWay = { outcome: "skipped", message: "a file is at fault", differences: [] };

  constructor(
    options: ResolvedOptions,
    migrations: readonly MigrationFile[],
    onEvent: ((event: FileVerifiedEvent) => void) | undefined,
  ) {
    this.#options = options;
    this.#migrations = migrations;
    this.#tell = (event) => {
      try {
        onEvent?.(event);
      } catch {
        // A listener's mistake must not end the verification half-way.
      }
    };
  }

  /** Goes on in a fresh database behind each file that left the old one in an unknown state. */
  async run(scratch: ScratchDatabase): Promise<void> {
    for (;;) {
      const goOn = await withRunner(
        this.#options,
        (context) => this.#oneDatabase(context),
        "verify the migrations",
      );
      if (!goOn) return;
      await scratch.recreate();
    }
  }

  result(): Omit<VerifyResult, "notes" | "durationMs"> {
    const ok = this.#files.every((file) => file.ok) && this.#wholeWay.outcome === "ok";
    return {
      ok,
      folder: this.#options.folder,
      serverVersion: this.#serverVersion,
      files: this.#files,
      notReached: this.#migrations.slice(this.#files.length).map((migration) => migration.up.file),
      wholeWay: this.#wholeWay,
      tables: [...this.#fills.values()].sort((a, b) => (a.table < b.table ? -1 : 1)),
    };
  }

  /** Verifies files from the first that has not been, until one is at fault; true when more can be verified. */
  async #oneDatabase(context: RunContext): Promise<boolean> {
    const { session, options } = context;
    this.#serverVersion = session.serverVersion;
    await ensureTracking(session, options.table, await readTrackingState(session, options.table));
    const start = await this.#snapshot(context);
    const verified = this.#migrations.slice(0, this.#files.length);
    try {
      await applySteps(context, await planSteps(verified, "up"));
    } catch (error) {
      // An up that failed with rows may fail without them, too: then its fault is told, and no file behind it is reached.
      if (!this.#lastUpFailed() || options.signal?.aborted === true) throw error;
      return false;
    }
    let before: Catalog | undefined = verified.length === 0 ? start : await this.#snapshot(context);
    let hasRows = verified.length > 0;
    // The files that are still to come must meet rows behind a fault, too.
    if (hasRows) await fillTables(session, ignoredTables(options.table), verified.length);
    for (const migration of this.#migrations.slice(verified.length)) {
      options.signal?.throwIfAborted();
      const { after, upRuns } = await this.#verify(context, {
        migration,
        position: this.#files.length + 1,
        before,
        hasRows,
      });
      if (!upRuns) return false;
      if (after === undefined) return this.#files.length < this.#migrations.length;
      before = after;
      hasRows = true;
      // The file's own tables went with its down and are empty: the next one must find rows in them.
      await fillTables(session, ignoredTables(options.table), this.#files.length);
    }
    if (this.#files.every((file) => file.ok)) this.#wholeWay = await this.#goWholeWay(context, start);
    return false;
  }

  #lastUpFailed(): boolean {
    const faults = this.#files.at(-1)?.faults ?? [];
    return faults.some(({ step, error }) => step === "up-with-rows" && error !== null);
  }

  async #verify(context: RunContext, file: FileToVerify): Promise<VerifiedFile> {
    const started = performance.now();
    const verified = await verifyFile(context, file);
    for (const fill of verified.fills) {
      if (fill.rows > 0 || !this.#fills.has(fill.table)) this.#fills.set(fill.table, fill);
    }
    this.notes.push(...verified.notes);
    const { version, name, up } = file.migration;
    const ok = verified.faults.length === 0;
    const durationMs = performance.now() - started;
    this.#files.push({ version, name, file: up.file, ok, faults: verified.faults, durationMs });
    const total = this.#migrations.length;
    this.#tell({ type: "file-verified", file: up.file, position: this.#files.length, total, ok, durationMs });
    return verified;
  }

  async #goWholeWay(context: RunContext, start: Catalog): Promise<WholeWay> {
    await applySteps(context, await planSteps([...this.#migrations].reverse(), "down"));
    const differences = compareCatalogs(start, await this.#snapshot(context));
    if (differences.length === 0)
      return { outcome: "ok", message: "all up and all down leaves nothing", differences };
    const list = differences.slice(0, 5).map(describeDifference).join("; ");
    return { outcome: "failed", message: `all up and all down leaves: ${list}`, differences };
  }

  #snapshot({ session, options }: RunContext): Promise<Catalog> {
    return readCatalog(session.client, { ignoreTables: ignoredTables(options.table), keepPlan: true });
  }
}
