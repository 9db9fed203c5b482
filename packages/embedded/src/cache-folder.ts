import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** The folder for programs that we keep for later: `SMITH_CACHE_DIR`, else the machine's (root) or the user's. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const chosen = env["SMITH_CACHE_DIR"];
  if (chosen !== undefined && chosen !== "") return chosen;
  // Root's own cache lies below /root, which the user that PostgreSQL is dropped to cannot enter.
  if (process.getuid?.() === 0) return "/var/cache/mister-smith";
  const xdg = env["XDG_CACHE_HOME"];
  return join(xdg === undefined || xdg === "" ? join(homedir(), ".cache") : xdg, "mister-smith");
}

/** The folder `name` in the cache; undefined when it is not there. */
export function alreadyCached(name: string): string | undefined {
  const folder = join(cacheFolder(), name);
  return existsSync(folder) ? folder : undefined;
}

/**
 * The folder `name` in the cache, filled by `fill` when it is not there yet. It appears whole or not at all;
 * of two who fill it at once, one wins and both use it.
 */
export async function cached(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const target = join(cacheFolder(), name);
  if (existsSync(target)) return target;
  const draft = `${target}.${process.pid}-${randomUUID().slice(0, 8)}`;
  await makeEnterable(dirname(target));
  try {
    await mkdir(draft, { mode: 0o755 });
    await fill(draft);
    await rename(draft, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return target;
}

/** Makes a folder and what is missing above it, all of it open to be entered whatever the umask says. */
export async function makeEnterable(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await makeEnterable(dirname(folder));
  const made = await mkdir(folder, { mode: 0o755 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
  if (made) await chmod(folder, 0o755);
}
