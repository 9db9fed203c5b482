import { readdir } from "node:fs/promises";
import { MigrationError } from "../errors/migration-error.ts";
import type { MigrationFile } from "./migration-file.ts";
import { type MigrationFileName, parseMigrationFileName } from "./migration-file-name.ts";
import { readMigrationScript } from "./read-migration-script.ts";

interface NamedFile extends MigrationFileName {
  readonly file: string;
}

/**
 * Reads all migrations of a folder, lowest number first. Files that do not end in `.sql`, hidden files and
 * subfolders are left alone.
 *
 * @throws {MigrationError} MIGRATION_FOLDER, MIGRATION_BAD_NAME, MIGRATION_DUPLICATE_VERSION, MIGRATION_SYNTAX
 */
export async function readMigrationFolder(folder: string): Promise<readonly MigrationFile[]> {
  const byVersion = Map.groupBy(await listScripts(folder), (script) => script.version);
  const pairs = [...byVersion.values()].map(pairScripts).sort((a, b) => a.up.version - b.up.version);
  return pairs.map((pair) => readPair(folder, pair));
}

async function listScripts(folder: string): Promise<readonly NamedFile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new MigrationError("MIGRATION_FOLDER", `cannot read the migrations folder "${folder}"`, {
      cause,
      hint: "Check the path; `smith migrate create NAME` makes the folder with its first migration.",
      details: { folder },
    });
  });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith(".") && /\.sql$/i.test(entry.name))
    .map((entry) => ({ file: entry.name, ...parseMigrationFileName(entry.name) }));
}

function pairScripts(scripts: readonly NamedFile[]): { up: NamedFile; down: NamedFile | undefined } {
  const [up, ...otherUps] = scripts.filter((script) => script.direction === "up");
  const [down, ...otherDowns] = scripts.filter((script) => script.direction === "down");
  if (otherUps.length > 0 || otherDowns.length > 0) throw duplicateVersion(scripts);
  if (up === undefined) throw withoutUp(scripts);
  if (down !== undefined && down.name !== up.name) throw duplicateVersion(scripts);
  return { up, down };
}

function readPair(
  folder: string,
  { up, down }: { up: NamedFile; down: NamedFile | undefined },
): MigrationFile {
  const downScript = down && readMigrationScript(folder, down.file);
  return {
    version: up.version,
    name: up.name,
    up: readMigrationScript(folder, up.file),
    ...(downScript && { down: downScript }),
  };
}

function duplicateVersion(scripts: readonly NamedFile[]): MigrationError {
  const files = scripts.map((script) => script.file).sort();
  const names = [...new Set(scripts.map((script) => script.name))].sort();
  const version = scripts[0]?.version;
  return new MigrationError(
    "MIGRATION_DUPLICATE_VERSION",
    `${names.length > 1 ? names.length : "two"} migrations carry the number ${version}: ${files.join(", ")}`,
    {
      hint: "Give the one that is not applied anywhere yet the next free number; the table of applied migrations has the other one's name as description.",
      details: { version, files },
    },
  );
}

function withoutUp(scripts: readonly NamedFile[]): MigrationError {
  const file = scripts[0]?.file ?? "";
  return new MigrationError("MIGRATION_BAD_NAME", `"${file}" has no up file beside it`, {
    hint: `Add ${file.replace(/\.down\.sql$/, ".up.sql")}, or remove the down file.`,
    details: { file },
  });
}
