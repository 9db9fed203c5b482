import { statfs } from "node:fs/promises";
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
  const message = `the disk of ${folder} is full: ${freeBytes} bytes free, ${program} could not go on`;
  throw new SmithError("DISK_FULL", said === "" ? message : `${message}\n${said}`, {
    hint: `Free space there (\`df -h ${folder}\` shows it) or name a folder on another disk; then start again.`,
    details: { folder, freeBytes },
  });
}
