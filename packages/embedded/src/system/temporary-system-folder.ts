import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { makeEnterable } from "../cache-folder.ts";
import { placeElsewhere } from "../data-folder.ts";
import { type ServerHost, type ServerLifetime, serverHost } from "../server-host.ts";
import { serverUser } from "../user/server-user.ts";

/** What counts of the system's options. */
export interface TemporarySystem {
  readonly lifetime: ServerLifetime | undefined;
  /** The user that PostgreSQL shall run as, when root starts it. */
  readonly runAs: string | undefined;
}

/**
 * Makes the folder of a system that is to leave nothing behind. It is the supervisor's to remove before it exists, so
 * that no moment is left in which this program could be killed and leave it; so is the place that root's data goes to
 * when its user cannot reach the folder. Resolves with what removes both.
 *
 * @throws SmithError `TEMPORARY_NOT_DETACHED`, `TEMPORARY_FOLDER_NOT_EMPTY`
 */
export async function temporarySystemFolder(
  folder: string,
  { lifetime, runAs }: TemporarySystem,
): Promise<() => Promise<void>> {
  if (lifetime === "detached") throw notDetached(folder);
  if ((await entriesOf(folder)).length > 0) throw notEmpty(folder);
  const host = serverHost("parent");
  const folders = [folder];
  const discard = () => removeAll(folders, host);
  await host.ownFolder(folder);
  try {
    await makeFolder(folder);
    const elsewhere = await placeElsewhere(join(folder, "postgres"), await serverUser(runAs));
    if (elsewhere !== undefined) {
      folders.push(elsewhere);
      await host.ownFolder(elsewhere);
    }
    return discard;
  } catch (error) {
    await discard();
    throw error;
  }
}

async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}

/** Others cannot list it, but PostgreSQL, which root runs as another user, gets through to its data below. */
async function makeFolder(folder: string): Promise<void> {
  await makeEnterable(dirname(folder));
  const made = await mkdir(folder, { recursive: true, mode: 0o711 });
  if (made !== undefined) await chmod(folder, 0o711);
}

async function removeAll(folders: readonly string[], host: ServerHost): Promise<void> {
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    await host.disownFolder(folder);
  }
  await host.settle();
}

function notDetached(folder: string): SmithError {
  return new SmithError(
    "TEMPORARY_NOT_DETACHED",
    `the system in ${folder} cannot be temporary and have the lifetime "detached"`,
    {
      hint: 'Choose the lifetime "parent" for a temporary system, or remove a detached one with `removeSystem`.',
      details: { folder },
    },
  );
}

// Everything in it would be removed at the end.
function notEmpty(folder: string): SmithError {
  return new SmithError(
    "TEMPORARY_FOLDER_NOT_EMPTY",
    `the folder ${folder} cannot be temporary: there is something in it`,
    { hint: "Name a folder that does not exist yet, or an empty one.", details: { folder } },
  );
}
