import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { lastingFolder, temporaryFolder } from "../data-folder.ts";
import type { ServerHost } from "../server-host.ts";
import type { OsUser } from "../user/os-user.ts";
import { serverUser } from "../user/server-user.ts";
import type { StartPostgresOptions } from "./start-postgres-options.ts";

/** A folder for the data of a server, and the user to run it. */
export interface PreparedPlace {
  readonly dataDir: string;
  /** The folder to remove at the end; undefined for data that lasts. */
  readonly temporaryRoot: string | undefined;
  /** The folder that was asked for, when the server's user cannot reach it. */
  readonly insteadOf: string | undefined;
  /** Undefined: the caller itself. */
  readonly osUser: OsUser | undefined;
}

/** Finds or makes the folder for the data, and the user who will run the server on it. */
export async function prepareFolder(options: StartPostgresOptions, host: ServerHost): Promise<PreparedPlace> {
  const osUser = (await ownerOf(options)) ?? (await serverUser(options.runAs));
  if (options.dataDir === undefined) {
    const temporaryRoot = await temporaryFolder("mister-smith-postgres-", osUser);
    await host.ownFolder(temporaryRoot);
    const { path } = await lastingFolder(join(temporaryRoot, "data"), osUser);
    return { dataDir: path, temporaryRoot, insteadOf: undefined, osUser };
  }
  const folder = await lastingFolder(options.dataDir, osUser);
  return { dataDir: folder.path, temporaryRoot: undefined, insteadOf: folder.insteadOf, osUser };
}

/** Root runs an existing cluster as the ordinary user whose data it is. */
async function ownerOf({ dataDir, runAs }: StartPostgresOptions): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0 || runAs !== undefined || dataDir === undefined) return undefined;
  const found = await stat(join(dataDir, "PG_VERSION")).catch(() => undefined);
  if (found === undefined || found.uid === 0) return undefined;
  return { name: String(found.uid), uid: found.uid, gid: found.gid };
}

/** Removes the folder of a server whose data does not last. */
export async function removeTemporaryRoot(place: PreparedPlace, host: ServerHost): Promise<void> {
  if (place.temporaryRoot === undefined) return;
  await rm(place.temporaryRoot, { recursive: true, force: true, maxRetries: 5 });
  await host.disownFolder(place.temporaryRoot);
}
