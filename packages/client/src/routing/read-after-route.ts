import { ClientError } from "../errors/client-error.ts";
import type { Server } from "../servers/server.ts";
import type { PrimaryTracker } from "./primary-tracker.ts";
import type { ReadRoute } from "./read-route.ts";
import { noneTried, type Route } from "./route.ts";
import { search } from "./search.ts";
import type { TokenPosition } from "./token.ts";

/** What reads that must see a write need. */
export interface ReadAfterOptions {
  readonly replicas: readonly Server[];
  /** Whether a replica may be read from at all. */
  readonly mayRead: (server: Server, now: number) => boolean;
  readonly reads: ReadRoute;
  readonly tracker: PrimaryTracker;
  readonly position: TokenPosition;
  /** How long to wait for a replica that has not replayed the write yet, in milliseconds. */
  readonly waitMs: number;
}

/**
 * Goes to a replica that has replayed the write, waits a moment for one that has not, and else goes to the primary:
 * so does a write of another timeline, since its position says nothing about this one.
 */
export function readAfterRoute(options: ReadAfterOptions): Route {
  const { replicas, mayRead, reads, tracker, position, waitMs } = options;
  return { now, find, poolOn: reads.poolOn };

  function now(tried: ReadonlySet<Server>): Server | undefined {
    const replica = replicaWithWrite(tried);
    if (replica !== undefined || (tried.size === 0 && usableReplicas().length > 0)) return replica;
    const primary = tracker.usable;
    return primary === undefined || tried.has(primary) ? undefined : primary;
  }

  async function find(until: number, signal: AbortSignal | undefined): Promise<Server> {
    const servers = usableReplicas();
    if (servers.length === 0) return await tracker.find(until, signal);
    const late = new ClientError("TIMEOUT", `no replica has replayed the write within ${waitMs} ms`);
    const waiting = search({
      servers,
      // Nobody waits for replicas that went away meanwhile.
      now: () => replicaWithWrite(noneTried) ?? (usableReplicas().length === 0 ? tracker.usable : undefined),
      late: () => late,
      pauseMs: 5,
    });
    try {
      return await waiting.find(Math.min(until, performance.now() + waitMs), signal);
    } catch (error) {
      if (error !== late) throw error;
      return await tracker.find(until, signal);
    }
  }

  function usableReplicas(): readonly Server[] {
    if (position === "primary" || tracker.known?.timeline !== position.timeline) return [];
    const at = performance.now();
    return replicas.filter(
      (server) => isOnTimeline(server) && mayRead(server, at) && server.breaker.allows(),
    );
  }

  function replicaWithWrite(tried: ReadonlySet<Server>): Server | undefined {
    const fit = usableReplicas().filter((server) => !tried.has(server) && hasWrite(server));
    return fit.reduce<Server | undefined>(
      (best, server) => (best === undefined || server.outstanding < best.outstanding ? server : best),
      undefined,
    );
  }

  // A position is compared only where the timeline is known: on another branch of the log it means nothing.
  function isOnTimeline(server: Server): boolean {
    if (position === "primary") return false;
    return server.monitor.state.answer?.role === "primary" || server.timeline === position.timeline;
  }

  function hasWrite(server: Server): boolean {
    const { answer } = server.monitor.state;
    if (position === "primary" || answer === undefined) return false;
    // A replica that was promoted and has the writes now has them all.
    return answer.role === "primary" || (answer.lsn !== undefined && answer.lsn >= position.lsn);
  }
}
