import { type LsnHistory, lsnHistory } from "../servers/lsn-history.ts";
import { followsPrimary, isAhead, type WriteTimelines } from "../servers/replica-branch.ts";
import { isWithin, type LagBound, replicaLag } from "../servers/replica-lag.ts";
import type { Server } from "../servers/server.ts";
import type { PrimaryTracker } from "./primary-tracker.ts";

/** Keeps the lag of the replicas, by where the primary was and when. */
export interface ReplicaFreshness {
  /** Takes notice of what was heard of any server. */
  heard(server: Server): void;
  /** Another server has the writes: the past of the one before says nothing about it. */
  restart(): void;
}

/** Follows the primary of `tracker`, and settles until when each replica may be read from. */
export function replicaFreshness(
  replicas: readonly Server[],
  tracker: PrimaryTracker,
  bound: LagBound,
): ReplicaFreshness {
  const history = lsnHistory();
  const ahead = new Set<Server>();
  let firstTimeline: number | undefined;
  return {
    heard(server) {
      const { answer, askedAt } = server.monitor.state;
      if (server === tracker.usable && answer?.lsn !== undefined && askedAt !== undefined)
        history.observe(answer.lsn, askedAt);
      replicas.forEach(settle);
    },
    restart() {
      history.clear();
      replicas.forEach(settle);
    },
  };

  function settle(server: Server): void {
    const { status, answer } = server.monitor.state;
    const now = tracker.usable === undefined ? (history.newestAt ?? 0) : performance.now();
    settleBranch(server);
    // Positions on another branch of the log cannot be compared.
    server.lag =
      answer?.role === "replica" && answer.lsn !== undefined && server.follows
        ? replicaLag(history, answer.lsn, now)
        : { ms: undefined, bytes: undefined };
    server.freshUntil = status === "up" ? freshUntil(server, history) : 0;
  }

  // What a replica has shown it keeps, though it shows less when it streams no more; after its end it may be another.
  function settleBranch(server: Server): void {
    const { status, answer, askedAt = 0, latencyMs = 0 } = server.monitor.state;
    if (status === "down" || answer?.role !== "replica") {
      server.timeline = undefined;
      ahead.delete(server);
    } else {
      server.timeline = Math.max(server.timeline ?? 0, answer.timeline ?? 0) || undefined;
      if (answer.lsn !== undefined && isAhead(history, answer.lsn, askedAt + latencyMs)) ahead.add(server);
    }
    server.follows = followsPrimary(
      { timeline: server.timeline, wasAhead: ahead.has(server) },
      writeTimelines(),
    );
  }

  function writeTimelines(): WriteTimelines | undefined {
    if (tracker.known === undefined) return undefined;
    firstTimeline ??= tracker.known.timeline;
    return { first: firstTimeline, latest: tracker.known.timeline };
  }

  function freshUntil(server: Server, known: LsnHistory): number {
    const { answer } = server.monitor.state;
    if (answer?.role === "primary") return server === tracker.usable ? Number.POSITIVE_INFINITY : 0;
    if (answer?.lsn === undefined || !server.follows) return 0;
    if (!isWithin(server.lag, bound)) return 0;
    // What it has all of, or what nobody writes to, does not grow old.
    if (server.lag.bytes === 0 || tracker.usable === undefined) return Number.POSITIVE_INFINITY;
    return (known.lastAt(answer.lsn) ?? 0) + bound.maxLagMs;
  }
}
