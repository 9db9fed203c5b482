import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { BackupError } from "../errors/backup-error.ts";
import { checkedName } from "./object-name.ts";
import type { ObjectStore, PutOptions, StoreOptions } from "./object-store.ts";

/** What is being written lies here until it is whole: begins with a dot, so that no object has the name. */
const unfinished = ".unfinished";
/** Older than that, nobody writes it any more. */
const abandonedMs = 24 * 3_600_000;

/**
 * Opens a repository in a folder, and makes that where it is not there. What writers left unfinished more than a day ago is removed.
 *
 * @throws BackupError `STORE_REFUSED` or `STORE_FULL` when it cannot be used
 */
export async function openFolderStore(folder: string): Promise<ObjectStore> {
  const scratch = join(folder, unfinished);
  await explained(folder, async () => {
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    for (const name of await readdir(scratch)) {
      const path = join(scratch, name);
      const { mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs > abandonedMs) await rm(path, { force: true });
    }
  });
  const pathOf = (name: string) => join(folder, ...checkedName(name).split("/"));

  return {
    async put(name, source, { signal, ifAbsent = false }: PutOptions = {}) {
      const target = pathOf(name);
      const temporary = join(scratch, randomUUID());
      return await explained(name, async () => {
        try {
          const bytes = await writeDurably(temporary, source, signal);
          await makeFolders(folder, dirname(target));
          signal?.throwIfAborted();
          if (ifAbsent) await link(temporary, target);
          else await rename(temporary, target);
          await syncFolder(dirname(target));
          return bytes;
        } finally {
          await rm(temporary, { force: true });
        }
      });
    },
    get: (name, options) => read(pathOf(name), name, options),
    async *list(prefix, { signal } = {}) {
      // The folder that the prefix names; the rest of it may be a part of a name.
      const from = prefix.includes("/") ? prefix.slice(0, prefix.lastIndexOf("/")) : "";
      for await (const path of filesIn(join(folder, ...from.split("/")), signal)) {
        const name = relative(folder, path).split(sep).join("/");
        if (!name.startsWith(prefix)) continue;
        const found = await stat(path).catch(ifGone);
        if (found !== null) yield { name, bytes: found.size, storedAt: found.mtime };
      }
    },
    async remove(names, { signal } = {}) {
      const folders = new Set<string>();
      for (const name of names) {
        signal?.throwIfAborted();
        const path = pathOf(name);
        await explained(name, async () => {
          const gone = await unlink(path).then(() => true, ifGone);
          if (gone !== null) folders.add(dirname(path));
        });
      }
      for (const path of folders) await syncFolder(path).catch(ifGone);
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function writeDurably(
  path: string,
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const file = await open(path, "wx", 0o600);
  try {
    let bytes = 0;
    for await (const part of source) {
      signal?.throwIfAborted();
      await writeAll(file, part);
      bytes += part.length;
    }
    await file.sync();
    return bytes;
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, part: Uint8Array): Promise<void> {
  let left = part;
  while (left.length > 0) {
    const { bytesWritten } = await file.write(left);
    left = left.subarray(bytesWritten);
  }
}

/** Makes folders so that they are there after a crash, too. */
async function makeFolders(root: string, wanted: string): Promise<void> {
  const made = await mkdir(wanted, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  for (let path = wanted; path !== dirname(made) && path !== root; path = dirname(path))
    await syncFolder(path);
  await syncFolder(dirname(made));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function* read(path: string, name: string, { signal }: StoreOptions = {}): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(path, {
    highWaterMark: 256 * 1024,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    for await (const part of stream) yield part as Uint8Array;
  } catch (error) {
    throw asBackupError(error, name);
  } finally {
    stream.destroy();
  }
}

async function* filesIn(folder: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  signal?.throwIfAborted();
  const entries = await readdir(folder, { withFileTypes: true }).catch(ifGone);
  for (const entry of entries ?? []) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path, signal);
    else if (entry.isFile()) yield path;
  }
}

async function explained<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw asBackupError(error, name);
  }
}

function asBackupError(error: unknown, name: string): unknown {
  switch (codeOf(error)) {
    case "ENOENT":
      return new BackupError("NOT_FOUND", `the repository has no ${name}`, { cause: error });
    case "EEXIST":
      return new BackupError("ALREADY_EXISTS", `the repository has ${name} already`, { cause: error });
    case "ENOSPC":
    case "EDQUOT":
      return new BackupError("STORE_FULL", `there is no room for ${name}`, {
        cause: error,
        hint: "Make room where the repository is; `smith backup expire` shows what could go.",
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ENOTDIR":
      return new BackupError("STORE_REFUSED", `${name} may not be used: ${messageOf(error)}`, {
        cause: error,
        hint: "The folder of the repository must belong to the user that runs backups.",
      });
    case "EIO":
    case "ESTALE":
    case "ETIMEDOUT":
      return new BackupError("STORE_UNREACHABLE", `${name} cannot be read or written: ${messageOf(error)}`, {
        cause: error,
        hint: "Check the disk, or the network that it is mounted over.",
      });
    default:
      return error;
  }
}

function ifGone(error: unknown): null {
  if (codeOf(error) === "ENOENT") return null;
  throw error;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
