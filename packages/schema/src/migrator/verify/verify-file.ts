import { isSmithError } from "@mister-smith/errors";
import type { Catalog } from "../catalog/catalog.ts";
import { type CatalogDifference, compareCatalogs } from "../catalog/compare-catalogs.ts";
import { describeDifference } from "../catalog/describe-difference.ts";
import { readCatalog } from "../catalog/read-catalog.ts";
import { applyStep } from "../execute/apply-step.ts";
import type { RunContext } from "../execute/run-context.ts";
import type { MigrationFile } from "../files/migration-file.ts";
import { planStep } from "../plan/migration-step.ts";
import type { Direction } from "../tracking/tracking-table.ts";
import { clusterWideStatements } from "./cluster-wide.ts";
import { ignoredTables } from "./ignored-tables.ts";
import { readCluster } from "./read-cluster.ts";
import { changedByStep, compareRoundTrip } from "./rows/compare-contents.ts";
import { fillTables, type TableFill } from "./rows/fill-tables.ts";
import { type Contents, readContents } from "./rows/read-contents.ts";
import { countRows, lostRows } from "./rows/row-counts.ts";
import type { VerifyFault, VerifyStep } from "./verify-result.ts";

/** What is known after a file was verified. */
export interface VerifiedFile {
  readonly faults: readonly VerifyFault[];
  readonly fills: readonly TableFill[];
  /** What is no fault and yet worth knowing. */
  readonly notes: readonly string[];
  /** The database behind the file's up; undefined when it is not in that state. */
  readonly after: Catalog | undefined;
  /** False when the file's up fails in a database without rows: then no file behind it can be reached. */
  readonly upRuns: boolean;
}

/** A file to verify, and the database that it meets. */
export interface FileToVerify {
  readonly migration: MigrationFile;
  /** Place among all files, from 1. */
  readonly position: number;
  /** The database as it stands. */
  readonly before: Catalog;
  /** Whether files before this one have left generated rows in their tables. */
  readonly hasRows: boolean;
}

/** Takes one file up, down and up again, empty and with rows. */
export async function verifyFile(context: RunContext, file: FileToVerify): Promise<VerifiedFile> {
  const { migration, before, hasRows } = file;
  const walk = new FileWalk(context, file);
  await walk.begin();
  if (!(await walk.run(hasRows ? "up-with-rows" : "up", "up"))) return walk.end(undefined, hasRows);
  const after = await walk.snapshot();
  if (migration.down === undefined) return walk.withoutDown(after);
  const passed =
    (await walk.down(before)) &&
    (await walk.upAgain(after)) &&
    (await walk.downWithRows(before)) &&
    (await walk.run("up-with-rows", "up", after));
  return walk.end(passed ? after : undefined, true);
}

/** One file's way up and down, collecting what goes wrong. */
class FileWalk {
  readonly #context: RunContext;
  readonly #migration: MigrationFile;
  readonly #position: number;
  readonly #faults: VerifyFault[] = [];
  readonly #notes: string[] = [];
  readonly #ignored: readonly string[];
  #clusterWide: Awaited<ReturnType<typeof clusterWideStatements>> = [];
  /** What the cluster held before the file, of the roles and databases that the file names. */
  #cluster: Catalog = [];
  /** What the tables held before the file. */
  #before: Contents = { tables: new Map(), sequences: new Map() };
  #fills: readonly TableFill[] = [];
  #upBefore: Awaited<ReturnType<typeof countRows>> = [];
  #upAfter: Awaited<ReturnType<typeof countRows>> = [];

  constructor(context: RunContext, { migration, position }: FileToVerify) {
    this.#context = context;
    this.#migration = migration;
    this.#position = position;
    this.#ignored = ignoredTables(context.options.table);
  }

  snapshot(): Promise<Catalog> {
    return readCatalog(this.#context.session.client, { ignoreTables: this.#ignored, keepPlan: true });
  }

  end(after: Catalog | undefined, upRuns: boolean): VerifiedFile {
    return { faults: this.#faults, fills: this.#fills, notes: this.#notes, after, upRuns };
  }

  async begin(): Promise<void> {
    const { session } = this.#context;
    this.#before = await readContents(session, this.#ignored);
    this.#clusterWide = await clusterWideStatements(this.#migration);
    this.#cluster = await readCluster(session, this.#clusterWide);
    for (const { file, line, words } of this.#clusterWide) {
      this.#notes.push(
        `${file}, line ${line}: ${words} changes the whole cluster: verify ran it and cannot undo or prove it`,
      );
    }
  }

  async withoutDown(after: Catalog): Promise<VerifiedFile> {
    const down = this.#migration.up.file.replace(/\.up\.sql$/, ".down.sql");
    this.#fault(
      "missing-down",
      `there is no ${down}`,
      `Write the inverse of ${this.#migration.up.file} into ${down}.`,
    );
    this.#fills = await fillTables(this.#context.session, this.#ignored, this.#position);
    return this.end(after, true);
  }

  /** Runs one direction; with `expected` the database must then look like that. */
  async run(step: VerifyStep, direction: Direction, expected?: Catalog): Promise<boolean> {
    try {
      const planned = await planStep(this.#migration, direction);
      await applyStep(this.#context, planned, { waitForDisk: false });
    } catch (error) {
      if (!isSmithError(error) || this.#context.options.signal?.aborted === true || isGone(error.code))
        throw error;
      this.#fault(step, `${stepNames[step]} fails: ${error.message}`, error.hint ?? "", {
        error: error.toJSON(),
      });
      return false;
    }
    const differences = expected === undefined ? [] : compareCatalogs(expected, await this.snapshot());
    if (differences.length === 0) return true;
    this.#fault(step, `${stepNames[step]} ${summary(differences)}`, hints[direction], { differences });
    return false;
  }

  /** Down for the first time: the rows that were there before the file must be what they were. */
  async down(before: Catalog): Promise<boolean> {
    const up = await this.#contents();
    if (!(await this.run("down", "down", before))) return false;
    const { differences, notes } = compareRoundTrip(this.#before, up, await this.#contents());
    this.#notes.push(...notes.map((note) => `${this.#migration.up.file}: ${note}`));
    const cluster = await readCluster(this.#context.session, this.#clusterWide);
    return this.#unlessDifferent("down", [...compareCatalogs(this.#cluster, cluster), ...differences]);
  }

  async upAgain(after: Catalog): Promise<boolean> {
    this.#upBefore = await countRows(this.#context.session);
    const passed = await this.run("up-again", "up", after);
    this.#upAfter = await countRows(this.#context.session);
    return passed;
  }

  async downWithRows(before: Catalog): Promise<boolean> {
    const { session } = this.#context;
    this.#fills = await fillTables(session, this.#ignored, this.#position);
    const full = await countRows(session);
    const start = await this.#contents();
    if (!(await this.run("down-with-rows", "down", before))) return false;
    const lost = lostRows(
      full.filter((count) => !this.#ignored.includes(count.leaf)),
      await countRows(session),
      this.#upBefore,
      this.#upAfter,
    );
    if (lost.length === 0)
      return this.#unlessDifferent(
        "down-with-rows",
        changedByStep(this.#before, start, await this.#contents()),
      );
    const list = lost
      .map(({ table, before: was, after: is }) => `${table} (${was} before, ${is} after)`)
      .join(", ");
    const hint = "A down file may lose what its up file made, and must keep the rows of every other table.";
    this.#fault("down-with-rows", `down loses rows of tables that it does not drop: ${list}`, hint, {
      lostRows: lost,
    });
    return false;
  }

  #contents(): Promise<Contents> {
    return readContents(this.#context.session, this.#ignored, this.#before);
  }

  #unlessDifferent(step: VerifyStep, differences: readonly CatalogDifference[]): boolean {
    if (differences.length === 0) return true;
    this.#fault(step, `${stepNames[step]} ${summary(differences)}`, contentsHint, { differences });
    return false;
  }

  #fault(
    step: VerifyStep,
    message: string,
    hint: string,
    found: Partial<Pick<VerifyFault, "differences" | "lostRows" | "error">> = {},
  ): void {
    this.#faults.push({ step, message, hint, differences: [], lostRows: [], error: null, ...found });
  }
}

const stepNames: Readonly<Record<VerifyStep, string>> = {
  up: "up",
  "missing-down": "down",
  down: "down",
  "up-again": "the second up",
  "down-with-rows": "down with rows in the tables",
  "up-with-rows": "up with rows in the tables",
};

const hints: Readonly<Record<Direction, string>> = {
  up: "Make the up file create the same things whenever it runs.",
  down: "Add to the down file what is left over, and what it takes away too much.",
};

const contentsHint =
  "A down file may take back what its up file made; every other row and sequence must be as it was before the up.";

function summary(differences: readonly CatalogDifference[]): string {
  const more = differences.length > 5 ? `; and ${differences.length - 5} more` : "";
  return `leaves the database different: ${differences.slice(0, 5).map(describeDifference).join("; ")}${more}`;
}

/** Whether the failure is the connection's and says nothing about the file. */
function isGone(code: string): boolean {
  return (
    code === "MIGRATION_CONNECTION_LOST" || code === "MIGRATION_CONNECT" || code === "MIGRATION_CANCELLED"
  );
}
