/** A setting that is not as it is to be. */
export interface Difference {
  readonly setting: string;
  readonly found: SettingValue;
  readonly wanted: SettingValue;
  /** Why it cannot be changed in place; undefined when it can. */
  readonly refusal: string | undefined;
}

/** What a setting can be. 0 is without limit. */
export type SettingValue = string | number | boolean | readonly string[];

/** What there is to do about one stream, bucket or consumer. */
export interface TopologyStep {
  readonly kind: "stream" | "bucket" | "consumer";
  readonly name: string;
  /** The stream that it is, that holds it, or that it reads. */
  readonly stream: string;
  /** `unknown`: nobody answered for it. */
  readonly action: "create" | "update" | "unchanged" | "refuse" | "unknown";
  /** Of an update or a refusal. */
  readonly differences: readonly Difference[];
  /** Why it is refused or unknown, one sentence a reason; empty for every other action. */
  readonly reasons: readonly string[];
}
