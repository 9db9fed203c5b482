import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MigrationError } from "../errors/migration-error.ts";

// In order: beside the built package, the repository as seen from this file, the built package as seen from its sources.
const places = ["./migrations", "../../../../../migrations", "../../../dist/migrations"];

/**
 * The absolute path of the folder with Mister Smith's own migrations, as this package ships them.
 *
 * @throws {MigrationError} MIGRATION_FOLDER when the package is not complete
 */
export function migrationsFolder(): string {
  const folder = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find(existsSync);
  if (folder !== undefined) return folder;
  throw new MigrationError("MIGRATION_FOLDER", "the migrations are missing from this installation", {
    hint: "Install @mister-smith/schema again, or name a folder with --folder.",
    details: { from: import.meta.url },
  });
}
