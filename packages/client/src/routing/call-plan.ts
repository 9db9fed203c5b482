import type { DatabaseEvents } from "../events/database-events.ts";
import type { EventHub } from "../events/event-hub.ts";
import type { PoolName, ServerPool } from "../pool/server-pool.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { RetryOptions } from "../resilience/retry-delays.ts";
import type { Server } from "../servers/server.ts";
import type { RepeatRule } from "./repeat-rules.ts";
import type { Route } from "./route.ts";

/** What all calls have in common. */
export interface CallContext {
  readonly events: EventHub<DatabaseEvents>;
  readonly retry: RetryOptions;
  /** Aborted when the database is closed. */
  readonly closing: AbortSignal;
}

/** The part of a call's options that bounds it. */
export type CallOptions = Pick<QueryOptions, "signal" | "timeoutMs">;

/** One call, which may take several tries on several servers. */
export interface CallPlan<Options extends CallOptions, Result> {
  readonly kind: DatabaseEvents["call"]["kind"];
  /** The pool that the caller asked. */
  readonly pool: PoolName;
  readonly route: Route;
  readonly options: Options | undefined;
  /** How long the call may take when it says nothing itself; 0: without limit. */
  readonly timeoutMs: number;
  /** How long to wait for a server. */
  readonly findTimeoutMs: number;
  /** How often it may be tried again. */
  readonly retries: number;
  readonly repeat: RepeatRule;
  /**
   * Runs it once.
   *
   * @param begun to be called by what is longer than a statement as soon as it has the server
   */
  run(pool: ServerPool, options: Options | undefined, begun: () => void, server: Server): Promise<Result>;
}
