import { copyFile, lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Folders whose content belongs to the running server alone: only the folder itself is copied. */
const keptEmpty = new Set([
  ...["pg_dynshmem", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans"],
  ...["pg_wal/archive_status", "pg_wal/summaries", "log"],
]);

const leftOut =
  /^(postmaster\.(pid|opts)|backup_label(\.old)?|tablespace_map(\.old)?|backup_manifest|(.*\/)?(pg_internal\.init|pgsql_tmp).*|pg_wal\/[0-9A-F]{24}.*|pg_wal\/.*\.history|global\/pg_control)$/;

/**
 * Copies the files of a running server between the begin and the end of a backup, as the manual's chapter on
 * continuous archiving wants it: WAL comes by streaming; the control file comes last, so that it is not older than
 * any file.
 */
export async function copyClusterFiles(from: string, to: string): Promise<void> {
  await copyFolder(from, to, "");
  await copyFile(join(from, "global", "pg_control"), join(to, "global", "pg_control"));
}

async function copyFolder(from: string, to: string, below: string): Promise<void> {
  for (const name of await readdir(join(from, below))) {
    const path = below === "" ? name : `${below}/${name}`;
    if (leftOut.test(path)) continue;
    const stat = await unlessGone(lstat(join(from, path)));
    if (stat?.isDirectory()) {
      await mkdir(join(to, path), { recursive: true, mode: 0o700 });
      if (!keptEmpty.has(path)) await copyFolder(from, to, path);
    } else if (stat?.isFile()) {
      await unlessGone(copyFile(join(from, path), join(to, path)));
    }
  }
}

/** A table may be dropped while its neighbours are copied; replay of the WAL knows that. */
async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
