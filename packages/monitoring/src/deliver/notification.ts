import type { Severity, Unmeasured } from "../alerts/next-alert.ts";
import type { Scoped } from "../scopes/scope.ts";

/** What is told to a channel. */
export interface Notification extends Scoped {
  /** The same at each try, and of nothing else: whoever has it can leave out what comes twice. */
  readonly key: string;
  /** `heartbeat`: alerts would be told; `test`: somebody wants to see whether it arrives. */
  readonly kind: "alert" | "heartbeat" | "test";
  /** What the alert is called: that of the metric. */
  readonly name: string;
  /** `ok`: it is over. */
  readonly state: "ok" | "firing" | Unmeasured;
  /** Null unless it fires. */
  readonly severity: Severity | null;
  readonly value: number | null;
  /** Why there is no value; null where there is one. */
  readonly reason: string | null;
  /** When it began. */
  readonly beganAt: Date;
  /** When it became what it is. */
  readonly changedAt: Date;
  /** What the system is called. */
  readonly instance: string;
}
