/** The version of a server program. */
export interface ServerVersion {
  /** The number before the first dot. */
  readonly major: number;
  /** As the program prints it: "15.16", "2.9.10". */
  readonly full: string;
}

/** Reads the first version number out of what `--version` printed; undefined when there is none. */
export function parseServerVersion(text: string): ServerVersion | undefined {
  const full = /(\d+(?:\.\d+)+|\d+(?=beta|rc|devel))\w*/.exec(text)?.[0];
  return full === undefined ? undefined : { major: Number.parseInt(full, 10), full };
}

/** Where a program came from. */
export type ServerOrigin = "explicit" | "installed" | "npm" | "debian package";
