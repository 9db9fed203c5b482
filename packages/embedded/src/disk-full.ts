import { stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { SmithError } from "@mister-smith/errors";

/** PostgreSQL takes disk for its log of changes in pieces of 16 MiB: with less it does not start. */
const tooLittleBytes = 16 * 1024 * 1024;

/**
 * Called after a failed start: when the disk below `folder` is full, that is the reason.
 *
 * @throws SmithError `DISK_FULL`
 */
export async function explainDiskFull(folder: string, program: string, said: string): Promise<void> {
  const disk = await statfs(folder).catch(() => undefined);
  if (disk === undefined) return;
  const freeBytes = disk.bavail * disk.bsize;
  if (freeBytes >= tooLittleBytes) return;
  const root = await mountPoint(resolve(folder));
  const message = `the disk of ${folder} is full: ${freeBytes} bytes free, ${program} could not go on`;
  throw new SmithError("DISK_FULL", said === "" ? message : `${message}\n${said}`, {
    hint: `Free space there (\`df -h ${root}\` shows it) or name a folder on another disk; then start again.`,
    details: { folder, freeBytes },
  });
}

/** Where the disk begins: that folder is still there when what the failed start has made is cleared away. */
async function mountPoint(folder: string): Promise<string> {
  const above = dirname(folder);
  if (above === folder) return folder;
  const [own, other] = await Promise.all(
    [stat(folder), stat(above)].map((found) => found.catch(() => undefined)),
  );
  return own !== undefined && other !== undefined && own.dev !== other.dev ? folder : mountPoint(above);
}
