/** What one look at the machine or a server found. */
export interface Check {
  /** The part it belongs to. */
  readonly area: "machine" | "postgresql" | "nats" | "production";
  readonly name: string;
  /** `warn`: it is there, but not as it should be. `missing`: it is not there or does not answer. */
  readonly state: "ok" | "warn" | "missing";
  /** Whether smith's commands need it. Most missing things only cost a feature. */
  readonly needed: boolean;
  /** What was found, in a few words. */
  readonly found: string;
  /** What having it would give; for what is not `ok`. */
  readonly gives?: string;
  /** What to do; for what is not `ok`. */
  readonly remedy?: string;
}
