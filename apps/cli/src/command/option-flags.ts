/** What a flags text such as `-n, --steps <count>` says. */
export interface OptionFlags {
  /** `--steps`. */
  readonly long: string;
  /** `-n`, where there is one. */
  readonly short: string | undefined;
  readonly takesValue: boolean;
}

/** Reads a flags text as commander does. */
export function readFlags(flags: string): OptionFlags {
  const words = flags.split(/[\s,]+/);
  return {
    long: words.find((word) => word.startsWith("--")) ?? "",
    short: words.find((word) => /^-[^-]$/.test(word)),
    takesValue: /[<[]/.test(flags),
  };
}
