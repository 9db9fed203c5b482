import { MigrationError } from "../errors/migration-error.ts";

/** What the name of a migration file says. */
export interface MigrationFileName {
  /** The number in front; above 0. */
  readonly version: number;
  /** The part between number and direction, as written: `add_agent_state`. */
  readonly name: string;
  readonly direction: "up" | "down";
}

// 15 digits hold a 14-digit time stamp and stay exact in a JavaScript number.
const pattern = /^(?<version>\d{1,15})_(?<name>[A-Za-z0-9][A-Za-z0-9_-]*)\.(?<direction>up|down)\.sql$/;

/**
 * Reads the name of a migration file.
 *
 * @throws {MigrationError} MIGRATION_BAD_NAME when it is not `NNNNN_name.up.sql` or `NNNNN_name.down.sql`
 */
export function parseMigrationFileName(fileName: string): MigrationFileName {
  const groups = pattern.exec(fileName)?.groups;
  const version = Number(groups?.["version"] ?? 0);
  const name = groups?.["name"];
  if (version === 0 || name === undefined) throw badName(fileName);
  return { version, name, direction: groups?.["direction"] === "down" ? "down" : "up" };
}

/** The name of the file of a migration: {@link parseMigrationFileName} backwards, with at least five digits. */
export function formatMigrationFileName(name: MigrationFileName): string {
  return `${String(name.version).padStart(5, "0")}_${name.name}.${name.direction}.sql`;
}

function badName(fileName: string): MigrationError {
  return new MigrationError("MIGRATION_BAD_NAME", `"${fileName}" is not the name of a migration`, {
    hint: "Name it NNNNN_what_it_does.up.sql (and NNNNN_what_it_does.down.sql for the way back) with a number above 0, or move it out of the folder; `smith migrate create` picks the next number.",
    details: { file: fileName },
  });
}
