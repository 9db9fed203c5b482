import { chmod, mkdtemp, readdir, readFile, rm, statfs } from "node:fs/promises";
import { join } from "node:path";

/** Linux has a file system in memory here. */
const memory = "/dev/shm";
/** What must be free there, in bytes: far more than a run needs at once. */
const leastRoom = 4 * 2 ** 30;
/** What must be left of the machine's memory, in bytes. */
const leastMemory = 8 * 2 ** 30;

/**
 * Lets the temporary files of this process, and of those that it starts from now on, lie in memory: clusters are made
 * and copied in half the time. Does nothing where TMPDIR is set or the machine is too small.
 *
 * @returns puts it back, and removes what is left
 */
export async function useMemoryFolder(): Promise<() => Promise<void>> {
  if ((process.env["TMPDIR"] ?? "") !== "" || !(await fits())) return async () => {};
  await removeLeftOver();
  const folder = await mkdtemp(join(memory, `smith-tests-${process.pid}-`));
  // As /tmp is: servers run as users of their own.
  await chmod(folder, 0o1777);
  process.env["TMPDIR"] = folder;
  return async () => {
    delete process.env["TMPDIR"];
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}

/** A run that was killed would keep its memory for ever. */
async function removeLeftOver(): Promise<void> {
  for (const name of await readdir(memory)) {
    const pid = Number(/^smith-tests-(\d+)-/.exec(name)?.[1] ?? 0);
    if (pid > 0 && !isAlive(pid)) await rm(join(memory, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's lives.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function fits(): Promise<boolean> {
  const mounts = await readFile("/proc/mounts", "utf8").catch(() => "");
  const options = new RegExp(`^\\S+ ${memory} tmpfs (\\S+)`, "m").exec(mounts)?.[1]?.split(",");
  // Tests write programs, and run them.
  if (options === undefined || options.includes("noexec") || options.includes("ro")) return false;
  const { bavail, bsize } = await statfs(memory);
  return bavail * bsize >= leastRoom && process.availableMemory() >= leastMemory;
}
