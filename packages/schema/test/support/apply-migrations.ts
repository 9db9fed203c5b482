import { join } from "node:path";
import { migrateUp } from "../../src/index.ts";

/** The folder with the migrations of this repository. */
export const migrationsFolder = join(import.meta.dirname, "../../../../migrations");

/** Brings the database at `url` to the newest schema. */
export async function applyMigrations(url: string): Promise<void> {
  await migrateUp({ connection: url, folder: migrationsFolder });
}
