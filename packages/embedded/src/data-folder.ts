import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { makeEnterable } from "./cache-folder.ts";
import { canReach, mayWrite } from "./user/can-reach.ts";
import type { OsUser } from "./user/os-user.ts";

/** Says in a wanted folder where its data really is. */
const pointerFile = "data-is-elsewhere.json";

/** Where data that a wanted folder cannot hold is placed. */
const lastingRoot = "/var/lib/mister-smith";

/** A folder for the data of a server. */
export interface DataFolder {
  readonly path: string;
  /** The folder that was asked for, when its user cannot reach it and `path` is another one. */
  readonly insteadOf?: string;
}

/**
 * The folder that holds the data wanted in `wanted`; it exists afterwards and belongs to `user`. Where the user
 * cannot reach it, one of ours takes its place and the wanted folder points to it: permissions of folders that are
 * not ours are never changed.
 */
export async function lastingFolder(wanted: string, user: OsUser | undefined): Promise<DataFolder> {
  const path = resolve(wanted);
  if (await canReach(user, path)) {
    await makeOwned(path, user);
    return { path: await realpath(path) };
  }
  const place = await placeInstead(path);
  await makeOwned(place, user);
  await writePointer(path, place);
  return { path: place, insteadOf: path };
}

/** The folder of ours that {@link lastingFolder} will take instead of the wanted one, if any; it is not made here. */
export async function placeElsewhere(wanted: string, user: OsUser | undefined): Promise<string | undefined> {
  const path = resolve(wanted);
  return (await canReach(user, path)) ? undefined : placeInstead(path);
}

/** Follows from the real path of the wanted folder, which therefore exists afterwards. */
async function placeInstead(path: string): Promise<string> {
  await makeEnterable(path);
  return join(lastingRoot, "data", placeName(await realpath(path)));
}

/** Where the data of `wanted` is, without making anything. */
export async function locateData(wanted: string): Promise<string> {
  try {
    const pointer: unknown = JSON.parse(await readFile(join(wanted, pointerFile), "utf8"));
    if (typeof pointer === "object" && pointer !== null && "dataDir" in pointer)
      return String(pointer.dataDir);
  } catch {
    // No pointer: the data is where it was wanted.
  }
  return resolve(wanted);
}

/** A new folder that `user` can reach, below the folder for temporary files. */
export async function temporaryFolder(prefix: string, user: OsUser | undefined): Promise<string> {
  const base = (await canReach(user, join(tmpdir(), "x"))) ? tmpdir() : "/tmp";
  const folder = await realpath(await mkdtemp(join(base, prefix)));
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  return folder;
}

/** Gives everything in the folder that belongs to root to `user`; links are not followed. */
export async function handOver(folder: string, user: OsUser | undefined): Promise<void> {
  if (user === undefined) return;
  const stat = await lstat(folder);
  if (stat.isSymbolicLink()) return;
  if (stat.uid === 0) await chown(folder, user.uid, user.gid);
  if (!stat.isDirectory()) return;
  for (const entry of await readdir(folder)) await handOver(join(folder, entry), user);
}

/**
 * A folder that the server itself writes to: made when missing, handed to `user` when it is empty and root's.
 *
 * @throws SmithError `FOLDER_OUT_OF_REACH` when the user cannot enter it or may not write there
 */
export async function writableFolder(path: string, user: OsUser | undefined): Promise<string> {
  const folder = resolve(path);
  if (await canReach(user, folder)) await makeOwned(folder, user);
  else await makeEnterable(folder);
  const stat = await lstat(await realpath(folder));
  if (user === undefined || ((await canReach(user, join(folder, "x"))) && mayWrite(user, stat)))
    return folder;
  throw new SmithError(
    "FOLDER_OUT_OF_REACH",
    `the user ${user.name} that the server runs as cannot write to ${folder}`,
    {
      hint: `Name another folder, or let that user in: \`chown ${user.name} ${folder}\`, and \`chmod +x\` for each folder above it.`,
      details: { folder, user: user.name },
    },
  );
}

/** Makes the folder, or makes an empty one that root has made for this purpose fit for its user. */
async function makeOwned(path: string, user: OsUser | undefined): Promise<void> {
  if (!existsSync(path)) {
    await makeEnterable(resolve(path, ".."));
    // Another one who wants the same folder may have made it meanwhile, which is no error.
    await mkdir(path, { recursive: true, mode: 0o700 });
  } else if (user === undefined || (await lstat(path)).uid !== 0 || (await readdir(path)).length > 0) {
    return;
  }
  await chmod(path, 0o700);
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

function placeName(path: string): string {
  const digest = createHash("sha256").update(path).digest("hex").slice(0, 12);
  return `${basename(path)}-${digest}`;
}

async function writePointer(wanted: string, dataDir: string): Promise<void> {
  const why = "the user that the server runs as cannot reach this folder";
  await writeFile(join(wanted, pointerFile), `${JSON.stringify({ dataDir, why }, null, 2)}\n`);
}
