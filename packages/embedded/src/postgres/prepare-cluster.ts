import { SmithError } from "@mister-smith/errors";
import { handOver, writableFolder } from "../data-folder.ts";
import type { ServerHost } from "../server-host.ts";
import { assertNotInUse, assertUsableForNewCluster, dataFolderMajor } from "./data-folder-state.ts";
import { findPostgres } from "./find-postgres.ts";
import type { FoundPostgres } from "./found-postgres.ts";
import { initCluster } from "./init-cluster.ts";
import { type PreparedPlace, prepareFolder, removeTemporaryRoot } from "./prepare-folder.ts";
import { reachablePostgres } from "./reachable-postgres.ts";
import type { StartPostgresOptions } from "./start-postgres-options.ts";

/** A data folder with a cluster in it, and the programs and the user to run it. */
export interface PreparedCluster extends PreparedPlace {
  readonly postgres: FoundPostgres;
}

/** Finds folder, user and programs, and makes the cluster when there is none. */
export async function prepareCluster(
  options: StartPostgresOptions,
  host: ServerHost,
): Promise<PreparedCluster> {
  const place = await prepareFolder(options, host);
  try {
    return { ...place, postgres: await prepareData(options, place, host) };
  } catch (error) {
    await removeTemporaryRoot(place, host);
    throw error;
  }
}

async function prepareData(
  options: StartPostgresOptions,
  place: PreparedPlace,
  host: ServerHost,
): Promise<FoundPostgres> {
  const { dataDir, osUser } = place;
  if (options.walArchiving !== undefined && "folder" in options.walArchiving) {
    await writableFolder(options.walArchiving.folder, osUser);
  }
  const major = await dataFolderMajor(dataDir);
  const postgres = await reachablePostgres(await programsFor(options, dataDir, major), osUser);
  if (major !== undefined) {
    await assertNotInUse(dataDir);
    await handOver(dataDir, osUser);
    return postgres;
  }
  await assertUsableForNewCluster(dataDir);
  await initCluster({
    postgres,
    dataDir,
    superuser: options.user ?? "postgres",
    osUser,
    password: options.password,
    fast: options.durability === "fast",
    timeoutMs: options.startTimeoutMs ?? 60_000,
    host,
  });
  return postgres;
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
