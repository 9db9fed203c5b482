import { execFileSync } from "node:child_process";
import { readdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { isProcessAlive } from "../process/process-identity.ts";
import { readPostmasterPid } from "./postmaster-pid.ts";

/** The major version of the PostgreSQL whose data lies in the folder; undefined when there is none. */
export async function dataFolderMajor(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, "PG_VERSION"), "utf8").catch(() => "");
  const major = Number.parseInt(text, 10);
  return Number.isInteger(major) ? major : undefined;
}

/**
 * Refuses a folder that holds something, but no PostgreSQL.
 *
 * @throws SmithError `DATA_FOLDER_NOT_EMPTY`
 */
export async function assertUsableForNewCluster(dataDir: string): Promise<void> {
  const entries = (await readdir(dataDir)).filter((entry) => entry !== "lost+found");
  if (entries.length === 0) return;
  throw new SmithError(
    "DATA_FOLDER_NOT_EMPTY",
    `the data folder ${dataDir} holds ${entries.length} entries (${entries.slice(0, 3).join(", ")}) and no PostgreSQL data`,
    {
      hint: "Name an empty folder, one that does not exist yet, or one that holds a PostgreSQL data folder.",
      details: { dataDir },
    },
  );
}

/**
 * Refuses a folder that a living server uses, and takes away the lock of a dead one whose process id was
 * given to a stranger since. Resolves with whether a dead server left its lock behind.
 *
 * @throws SmithError `DATA_FOLDER_IN_USE` with the server's process id and port
 */
export async function assertNotInUse(dataDir: string): Promise<boolean> {
  const lock = await readPostmasterPid(dataDir);
  if (lock === undefined) return false;
  if (!isProcessAlive(lock.pid)) return true;
  if (!(await isPostgresOn(lock.pid, dataDir))) {
    await rm(join(dataDir, "postmaster.pid"), { force: true });
    return true;
  }
  const where = lock.port === undefined ? "" : `, port ${lock.port}`;
  throw new SmithError(
    "DATA_FOLDER_IN_USE",
    `the data folder ${dataDir} is in use by a running PostgreSQL (process ${lock.pid}${where})`,
    {
      hint: `Connect to the server that runs, stop it (\`pg_ctl stop -D ${dataDir}\` or \`kill -INT ${lock.pid}\`), or name another folder.`,
      details: { dataDir, pid: lock.pid, port: lock.port ?? null },
    },
  );
}

/** Whether that process is a PostgreSQL on that folder; in doubt the answer is yes. */
async function isPostgresOn(pid: number, dataDir: string): Promise<boolean> {
  if (process.platform !== "linux") return isNamedPostgres(pid);
  try {
    // The server changes into its data folder when it starts.
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(dataDir));
  } catch {
    return isNamedPostgres(pid);
  }
}

function isNamedPostgres(pid: number): boolean {
  try {
    const command = execFileSync("ps", ["-o", "comm=", "-p", String(pid)], {
      encoding: "utf8",
      timeout: 5_000,
    });
    return /^(postgres|postmaster)/.test(basename(command.trim()));
  } catch {
    return true;
  }
}
