import type { DaemonRole, EffectiveConfig } from "@mister-smith/cli/config";
import type { Database } from "@mister-smith/client";
import type { AgentLives, NatsLink } from "@mister-smith/sync";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics/metrics.ts";

/** What the parts of a daemon are made of. */
export interface PartsOptions {
  readonly database: Database;
  readonly link: NatsLink;
  readonly config: EffectiveConfig;
  /** Where the secrets are that the configuration names. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Names this process in the leases. */
  readonly holder: string;
  /** Where flusher, hydrator and evictor tell what becomes of agents. */
  readonly lives: AgentLives;
}

/** Counts and logs what went wrong in a role and is tried again. */
export function failed(
  { metrics, log }: Pick<PartsOptions, "metrics" | "log">,
  role: DaemonRole,
  error: unknown,
): void {
  metrics.roleErrors.inc({ role });
  log.warn({ role, error }, "went wrong; it is tried again");
}
