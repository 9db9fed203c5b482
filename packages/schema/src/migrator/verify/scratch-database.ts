import { randomBytes } from "node:crypto";
import { asDatabaseError } from "@mister-smith/errors";
import type { ClientConfig } from "pg";
import { MigrationError } from "../errors/migration-error.ts";
import type { ResolvedOptions } from "../options/resolve-options.ts";
import { type MigratorSession, openSession } from "../session/migrator-session.ts";
import { atDatabase } from "./at-database.ts";
import { createDatabase, dropDatabase, findLeftovers, nameSession, selectRoles } from "./sql/scratch.ts";

/** What every scratch database's name begins with. */
export const scratchPrefix = "smith_scratch_";

/** What the session behind a scratch database is called, followed by the database's name. */
const sessionPrefix = "smith verify ";

/** A database of our own on somebody's server. */
export interface ScratchDatabase extends AsyncDisposable {
  readonly name: string;
  /** How to connect to it. */
  readonly connection: ClientConfig;
  /** Drops it and begins again with an empty one. */
  readonly recreate: () => Promise<void>;
  /** All roles of its cluster. */
  readonly roles: () => Promise<readonly string[]>;
}

/**
 * Makes a scratch database on the server of `connection`, after removing those that killed runs have left.
 * The database that the connection names is connected to and not touched.
 *
 * @throws {MigrationError} MIGRATION_CONNECT, MIGRATION_PERMISSION when the role may not create databases
 */
export async function createScratchDatabase(
  connection: ClientConfig,
  options: ResolvedOptions,
): Promise<ScratchDatabase> {
  const name = `${scratchPrefix}${Date.now().toString(36)}_${randomBytes(6).toString("hex")}`;
  const scratch = atDatabase(connection, name);
  const admin = await openSession({ ...options, connection, readOnly: false });
  try {
    await admin.any(nameSession(sessionPrefix + name));
    await sweep(admin);
    await create(admin, name);
  } catch (error) {
    await admin[Symbol.asyncDispose]();
    throw error;
  }
  return {
    name,
    connection: scratch,
    recreate: async () => {
      await admin.any(dropDatabase(name));
      await create(admin, name);
    },
    roles: async () => (await admin.any(selectRoles)).map((role) => role.name),
    [Symbol.asyncDispose]: async () => {
      try {
        await admin.any(dropDatabase(name));
      } finally {
        await admin[Symbol.asyncDispose]();
      }
    },
  };
}

async function sweep(admin: MigratorSession): Promise<void> {
  for (const leftover of await admin.any(findLeftovers(scratchPrefix, sessionPrefix))) {
    // Another run may be sweeping at the same moment.
    await admin.any(dropDatabase(leftover.name)).catch(() => undefined);
  }
}

async function create(admin: MigratorSession, name: string): Promise<void> {
  await admin.any(createDatabase(name)).catch((error: unknown) => {
    throw cannotCreate(error, admin.role);
  });
}

function cannotCreate(error: unknown, role: string): Error {
  const cause = asDatabaseError(error, "create a scratch database");
  if (cause.errorClass !== "permission") return cause;
  return new MigrationError("MIGRATION_PERMISSION", `the role "${role}" may not create databases`, {
    cause: error,
    hint: `Run ALTER ROLE "${role}" CREATEDB, or give the URL of a server for experiments with --scratch-url.`,
    details: { role },
  });
}
