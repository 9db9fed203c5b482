import type { Database } from "@mister-smith/client";
import type { Lease } from "../lease/lease.ts";
import type { NatsLink } from "../nats/nats-link.ts";

/** How the relay works. All but database and link have a default. */
export interface RelayOptions {
  readonly database: Database;
  readonly link: NatsLink;
  /** Nothing is published any more once it is lost. Default: none; two relays publish the same ids, which are stored once. */
  readonly lease?: Lease | undefined;
  /** What is kept in step beside the streams. Default: everything. */
  readonly project?: RelayProjections | undefined;
  /** How many events are read and held at once. Default: 2048. */
  readonly maxHeld?: number | undefined;
  /** How many of them are on their way at once. Default: 512. */
  readonly maxInFlight?: number | undefined;
  /** How many events one statement reads. Default: 512. */
  readonly batchSize?: number | undefined;
  /** The shortest and the longest pause between two looks while nothing comes, in milliseconds. Default: 5 and 250. */
  readonly minPollMs?: number | undefined;
  readonly maxPollMs?: number | undefined;
  /**
   * How often everything that is pending is looked at, in milliseconds: what was put back is found by that. It never takes
   * more than a twentieth of the time. Default: 5000.
   */
  readonly sweepEveryMs?: number | undefined;
  /** An event that failed so often while others of its kind passed is parked. Default: 8. */
  readonly maxAttempts?: number | undefined;
  /** The longest pause between two attempts, in milliseconds. Default: 10000. */
  readonly maxRetryDelayMs?: number | undefined;
  /** It is `stuck` when events wait and none has been published for so long, in milliseconds. Default: 30000. */
  readonly stuckAfterMs?: number | undefined;
  /** Events were published and are no longer pending. */
  readonly onPublished?: ((batch: { readonly events: number }) => void) | undefined;
  /** An event was parked; its aggregate waits. */
  readonly onParked?:
    | ((event: { readonly eventId: number; readonly aggregate: string; readonly code: string }) => void)
    | undefined;
  /** Something went wrong; it is tried again by itself. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** What a relay keeps in step with the events, beside publishing them. */
export interface RelayProjections {
  /** Writes to `agents.state` reach the bucket `AGENT_STATE`. */
  readonly states?: boolean | undefined;
  /** The bucket `SESSION_DATA` follows the sessions. */
  readonly sessions?: boolean | undefined;
  /** The bucket `AGENT_CONFIG` follows the set-up of agents. */
  readonly configs?: boolean | undefined;
  /** What is cached in `QUERY_CACHE` is invalidated. */
  readonly cache?: boolean | undefined;
}
