import type { MigrationFile } from "../files/migration-file.ts";
import type { AppliedMigration } from "../tracking/applied-migration.ts";
import type { TrackingTable } from "../tracking/tracking-table.ts";
import { command, trackingTable } from "./slonik.ts";

/** Counts a migration as applied without having run it. */
export const insertApplied = (table: TrackingTable, { version, name, up }: MigrationFile) => command`
  INSERT INTO ${trackingTable(table)} (version, description, checksum)
  VALUES (${version}, ${name}, ${up.checksum})
`;

/** Puts the file's present name and checksum on record. */
export const updateApplied = (table: TrackingTable, { version, name, up }: MigrationFile) => command`
  UPDATE ${trackingTable(table)}
  SET description = ${name}, checksum = ${up.checksum}
  WHERE version = ${version}
`;

/** Forgets that a migration was applied. */
export const deleteApplied = (table: TrackingTable, { version }: AppliedMigration) => command`
  DELETE FROM ${trackingTable(table)} WHERE version = ${version}
`;
