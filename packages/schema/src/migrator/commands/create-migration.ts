import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MigrationError } from "../errors/migration-error.ts";
import { formatMigrationFileName } from "../files/migration-file-name.ts";
import { downTemplate, upTemplate } from "../files/migration-template.ts";
import { readMigrationFolder } from "../files/read-migration-folder.ts";
import { requireText } from "../options/resolve-options.ts";

/** What {@link createMigration} takes. */
export interface CreateMigrationOptions {
  /** Where to; made when it is missing. */
  readonly folder: string;
  /** What the migration does, in words or as a name: `add agent state`. */
  readonly name: string;
}

/** The files that {@link createMigration} has written. */
export interface CreatedMigration {
  readonly version: number;
  readonly name: string;
  /** The path of the up file. */
  readonly up: string;
  /** The path of the down file. */
  readonly down: string;
}

/**
 * Writes an empty up and down file with the next free number. What they say in comments is how to fill them.
 *
 * @throws {MigrationError} MIGRATION_USAGE for the name; MIGRATION_BAD_NAME, MIGRATION_DUPLICATE_VERSION, MIGRATION_FOLDER
 */
export async function createMigration(options: CreateMigrationOptions): Promise<CreatedMigration> {
  const folder = requireText("folder", options.folder);
  const name = toFileName(options.name);
  await writable(folder, () => mkdir(folder, { recursive: true }));
  const files = await readMigrationFolder(folder);
  const version = (files.at(-1)?.version ?? 0) + 1;
  const up = join(folder, formatMigrationFileName({ version, name, direction: "up" }));
  const down = join(folder, formatMigrationFileName({ version, name, direction: "down" }));
  // "wx": never over a file that somebody has written in the meantime.
  await writable(folder, () => writeFile(up, upTemplate(name), { flag: "wx" }));
  await writable(folder, () => writeFile(down, downTemplate(name), { flag: "wx" }));
  return { version, name, up, down };
}

function toFileName(given: string): string {
  const name = given
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, "_");
  if (/^[a-z0-9][a-z0-9_]{0,99}$/.test(name)) return name;
  throw new MigrationError("MIGRATION_USAGE", `"${given}" cannot be the name of a migration`, {
    hint: "Say in a few words what it does, with the letters a to z and digits: add_agent_state.",
    details: { name: given },
  });
}

async function writable<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MigrationError("MIGRATION_FOLDER", `cannot write to "${folder}": ${reason}`, {
      cause,
      hint: "Check the path and the rights on it.",
      details: { folder },
    });
  }
}
