import { randomUUID } from "node:crypto";
import { chown, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { temporaryFolder } from "../data-folder.ts";
import { explainDiskFull } from "../disk-full.ts";
import { lastLines } from "../process/log-file.ts";
import { runProgram } from "../process/run-program.ts";
import type { ServerHost } from "../server-host.ts";
import type { OsUser } from "../user/os-user.ts";
import { dataFolderMajor } from "./data-folder-state.ts";
import type { FoundPostgres } from "./found-postgres.ts";

/** What a new cluster is made of. */
export interface InitOptions {
  readonly postgres: FoundPostgres;
  readonly dataDir: string;
  readonly superuser: string;
  readonly osUser: OsUser | undefined;
  /** Everybody is asked for it; undefined: nobody is asked for anything. */
  readonly password: string | undefined;
  /** Skips the flush to disk at the end, and the checksums of pages. */
  readonly fast: boolean;
  readonly timeoutMs: number;
  /** Sees to it that the file with the password does not outlive this program. */
  readonly host: ServerHost;
}

/**
 * Makes a new cluster in an empty folder. It is made beside the folder and moved there when it is whole, so that
 * one who is interrupted leaves nothing that looks like a cluster.
 *
 * @throws SmithError `DISK_FULL`, `INIT_FAILED`
 */
export async function initCluster(options: InitOptions): Promise<void> {
  const draft = await draftFolder(options);
  try {
    await runInitdb(options, draft ?? options.dataDir);
    if (draft !== undefined) await moveIntoPlace(draft, options.dataDir);
  } catch (error) {
    await rm(draft ?? join(options.dataDir, "PG_VERSION"), { recursive: true, force: true });
    if (draft === undefined) await emptyFolder(options.dataDir);
    throw error;
  }
}

/** Of two who make a cluster for the same folder at once, one wins; the other uses what it finds. */
async function moveIntoPlace(draft: string, dataDir: string): Promise<void> {
  try {
    await rename(draft, dataDir);
  } catch (error) {
    if ((await dataFolderMajor(dataDir)) === undefined) throw error;
    await rm(draft, { recursive: true, force: true });
  }
}

/** Undefined when the folder cannot be replaced: it is a mount point, or nothing may be written beside it. */
async function draftFolder({ dataDir, osUser }: InitOptions): Promise<string | undefined> {
  const parent = dirname(dataDir);
  if ((await stat(dataDir)).dev !== (await stat(parent)).dev) return undefined;
  const draft = join(parent, `.initialising-${randomUUID().slice(0, 8)}`);
  try {
    await mkdir(draft, { mode: 0o700 });
  } catch {
    return undefined;
  }
  if (osUser !== undefined) await chown(draft, osUser.uid, osUser.gid);
  return draft;
}

/** The password goes by a file: arguments can be seen by everybody. */
async function runInitdb(options: InitOptions, folder: string): Promise<void> {
  const { password, osUser, host } = options;
  if (password === undefined) return runInitdbWith(options, folder, ["--auth=trust"]);
  const secrets = await temporaryFolder("mister-smith-", osUser);
  await host.ownFolder(secrets);
  try {
    const file = join(secrets, "password");
    await writeFile(file, password, { mode: 0o600 });
    if (osUser !== undefined) await chown(file, osUser.uid, osUser.gid);
    await runInitdbWith(options, folder, ["--auth=scram-sha-256", `--pwfile=${file}`]);
  } finally {
    await rm(secrets, { recursive: true, force: true });
    await host.disownFolder(secrets);
  }
}

async function runInitdbWith(options: InitOptions, folder: string, auth: readonly string[]): Promise<void> {
  const { postgres, osUser, superuser, fast, timeoutMs } = options;
  const args = [
    ...["-D", folder, "-U", superuser, ...auth, "--encoding=UTF8", "--no-instructions"],
    // Kept at a failure, or the disk would no longer be full when we look.
    "--no-clean",
    ...localeArguments(postgres.version.major),
    ...(fast ? ["--no-sync"] : ["--data-checksums"]),
  ];
  const result = await runProgram(join(postgres.binDir, "initdb"), args, {
    timeoutMs,
    user: osUser,
    env: serverEnvironment(),
  });
  if (result.exitCode === 0) return;
  const said = lastLines(withoutNoise(result.stderr === "" ? result.stdout : result.stderr));
  await explainDiskFull(options.dataDir, "PostgreSQL", said);
  const why = result.timedOut ? `not done after ${timeoutMs} ms` : `exit status ${result.exitCode}`;
  throw new SmithError(
    "INIT_FAILED",
    `cannot make a PostgreSQL cluster in ${options.dataDir}: ${why}\n${said}`,
    {
      hint: "The lines above are initdb's own; mend what they name and start again.",
      details: { dataDir: options.dataDir, exitCode: result.exitCode },
    },
  );
}

/** `--no-clean` makes initdb say that it left the folder to us: for whoever reads it, that is wrong. */
function withoutNoise(said: string): string {
  return said
    .split("\n")
    .filter((line) => !line.includes("not removed at user's request"))
    .join("\n");
}

/** The same order and character classes on every machine, and UTF-8 throughout. */
function localeArguments(major: number): string[] {
  if (major >= 17) return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];
  return [process.platform === "linux" ? "--locale=C.UTF-8" : "--locale=C"];
}

/** The environment of a server: nothing of the caller's that PostgreSQL would listen to. */
export function serverEnvironment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}

async function emptyFolder(folder: string): Promise<void> {
  const entries = (await readdir(folder)).filter((entry) => entry !== "lost+found");
  await Promise.all(entries.map((entry) => rm(join(folder, entry), { recursive: true, force: true })));
}
