import type { SmithConfig } from "./smith-config.ts";

/** The configuration that is in force, and where each value of it came from. */
export interface EffectiveConfig {
  readonly values: SmithConfig;
  /** One entry a value, in the order of the schema. */
  readonly entries: readonly ConfigEntry[];
  /** The configuration file that was read; undefined when there was none. */
  readonly file: string | undefined;
}

/** One value and its origin. */
export interface ConfigEntry {
  /** As in the file: `database.url`. */
  readonly path: string;
  /** Undefined when nothing gives it and it has no default. */
  readonly value: unknown;
  readonly origin: ConfigOrigin;
}

/** Where a value came from. */
export type ConfigOrigin =
  | { readonly kind: "default" }
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "flag"; readonly flag: string }
  /** Read from the embedded system that runs in its folder. */
  | { readonly kind: "embedded"; readonly folder: string };
