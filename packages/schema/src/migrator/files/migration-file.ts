/** One side of a migration, read from disk. */
export interface MigrationScript {
  /** The file's name without its folder. */
  readonly file: string;
  /** The file's absolute path. */
  readonly path: string;
  /** The text, with LF line ends and without a byte-order mark. */
  readonly sql: string;
  /** SHA-256 of `sql`, 64 lower-case hex digits. */
  readonly checksum: string;
}

/** A migration as it stands in the folder: an up script and, where there is a way back, a down script. */
export interface MigrationFile {
  readonly version: number;
  /** The part of the file's name between number and direction. */
  readonly name: string;
  readonly up: MigrationScript;
  readonly down?: MigrationScript;
}
