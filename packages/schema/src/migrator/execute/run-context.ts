import type { LockObserver } from "../lock/lock-observer.ts";
import type { ResolvedOptions } from "../options/resolve-options.ts";
import type { MigratorSession } from "../session/migrator-session.ts";

/** What every file of one run shares. */
export interface RunContext {
  readonly session: MigratorSession;
  readonly options: ResolvedOptions;
  readonly observer: LockObserver;
}
