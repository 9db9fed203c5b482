import { stat } from "node:fs/promises";
import { join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { handOver, lastingFolder, temporaryFolder } from "../data-folder.ts";
import type { ServerHost } from "../server-host.ts";
import type { OsUser } from "../user/os-user.ts";
import { serverUser } from "../user/server-user.ts";
import { assertNotInUse, assertUsableForNewCluster, dataFolderMajor } from "./data-folder-state.ts";
import { findPostgres } from "./find-postgres.ts";
import type { FoundPostgres } from "./found-postgres.ts";
import { initCluster } from "./init-cluster.ts";
import { reachablePostgres } from "./reachable-postgres.ts";
import type { StartPostgresOptions } from "./start-postgres-options.ts";

/** A data folder with a cluster in it, and the programs and the user to run it. */
export interface PreparedCluster {
  readonly dataDir: string;
  /** The folder to remove at the end; undefined for data that lasts. */
  readonly temporaryRoot: string | undefined;
  /** The folder that was asked for, when the server's user cannot reach it. */
  readonly insteadOf: string | undefined;
  readonly postgres: FoundPostgres;
  readonly osUser: OsUser | undefined;
}

/** Finds folder, user and programs, and makes the cluster when there is none. */
export async function prepareCluster(
  options: StartPostgresOptions,
  host: ServerHost,
): Promise<PreparedCluster> {
  const place = await prepareFolder(options, host);
  const major = await dataFolderMajor(place.dataDir);
  const postgres = await reachablePostgres(await programsFor(options, place.dataDir, major), place.osUser);
  if (major === undefined) {
    await assertUsableForNewCluster(place.dataDir);
    await initCluster({
      postgres,
      dataDir: place.dataDir,
      superuser: options.user ?? "postgres",
      osUser: place.osUser,
      fast: options.durability === "fast",
      timeoutMs: options.startTimeoutMs ?? 60_000,
    });
  } else {
    await assertNotInUse(place.dataDir);
    await handOver(place.dataDir, place.osUser);
  }
  return { ...place, postgres };
}

type Place = Omit<PreparedCluster, "postgres">;

async function prepareFolder(options: StartPostgresOptions, host: ServerHost): Promise<Place> {
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

async function programsFor(
  options: StartPostgresOptions,
  dataDir: string,
  major: number | undefined,
): Promise<FoundPostgres> {
  const { binDir, provide } = options;
  if (major === undefined) return findPostgres({ binDir, provide, major: options.major });
  if (options.major !== undefined && options.major !== major)
    throw mismatch(dataDir, major, String(options.major));
  const explicit = binDir ?? process.env["SMITH_PG_BIN"];
  if (explicit !== undefined && explicit !== "") {
    const found = await findPostgres({ binDir: explicit });
    if (found.version.major !== major) throw mismatch(dataDir, major, found.version.full);
    return found;
  }
  return findPostgres({ provide, major }).catch(async (cause: unknown) => {
    const other = await findPostgres({ provide }).catch(() => undefined);
    throw other === undefined ? cause : mismatch(dataDir, major, other.version.full);
  });
}

function mismatch(dataDir: string, major: number, given: string): SmithError {
  return new SmithError(
    "DATA_FOLDER_MAJOR_MISMATCH",
    `the data folder ${dataDir} belongs to PostgreSQL ${major}, the server at hand is PostgreSQL ${given}`,
    {
      hint: `Name the programs of PostgreSQL ${major} in SMITH_PG_BIN; or dump the data with that server's pg_dumpall and restore it into a new folder.`,
      details: { dataDir, major, given },
    },
  );
}
