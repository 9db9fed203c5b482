import { readdir, realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { runProgram } from "../process/run-program.ts";
import { type FoundPostgres, inspectPostgres } from "./found-postgres.ts";

/** Every PostgreSQL server that is installed on this machine, in the order of PATH, pg_config, usual folders. */
export async function installedPostgres(env: NodeJS.ProcessEnv): Promise<FoundPostgres[]> {
  const folders = (await Promise.all([onPath(env), fromPgConfig(env), inUsualFolders()])).flat();
  const found = await Promise.all(
    [...new Set(folders)].map((folder) => inspectPostgres(folder, "installed")),
  );
  return found.filter((postgres) => postgres !== undefined);
}

/** PATH often holds links to the programs of one version: the folder they point to is the real one. */
async function onPath(env: NodeJS.ProcessEnv): Promise<string[]> {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const programs = await Promise.all(
    folders.map((folder) => realpath(join(folder, "postgres")).catch(() => undefined)),
  );
  return programs.filter((program) => program !== undefined).map(dirname);
}

async function fromPgConfig(env: NodeJS.ProcessEnv): Promise<string[]> {
  const result = await runProgram("pg_config", ["--bindir"], { timeoutMs: 5_000, env });
  const folder = result.stdout.trim();
  return result.exitCode === 0 && folder !== "" ? [folder] : [];
}

async function inUsualFolders(): Promise<string[]> {
  const folders = await Promise.all([
    versionsIn("/usr/lib/postgresql", /^\d+$/),
    versionsIn("/usr", /^pgsql-\d+$/),
    versionsIn("/opt/homebrew/opt", /^postgresql(@\d+)?$/),
    versionsIn("/usr/local/opt", /^postgresql(@\d+)?$/),
    versionsIn("/home/linuxbrew/.linuxbrew/opt", /^postgresql(@\d+)?$/),
  ]);
  return folders.flat();
}

async function versionsIn(parent: string, name: RegExp): Promise<string[]> {
  const entries = await readdir(parent).catch(() => []);
  const folders = entries.filter((entry) => name.test(entry)).map((entry) => join(parent, entry, "bin"));
  return Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)));
}
