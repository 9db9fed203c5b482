/** A row of the tracking table. */
export interface AppliedMigration {
  readonly version: number;
  /** The name of the file between its number and its direction. */
  readonly name: string;
  /** ISO 8601. */
  readonly installedOn: string | null;
  readonly installedBy: string | null;
  /** How long it took; null for what was baselined. */
  readonly durationMs: number | null;
  /** SHA-256 of the up file's normalized text. */
  readonly checksum: string | null;
}
