import { type LsnHistory, lsnHistory } from "../servers/lsn-history.ts";
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
    server.lag =
      answer?.role === "replica" && answer.lsn !== undefined
        ? replicaLag(history, answer.lsn, now)
        : { ms: undefined, bytes: undefined };
    server.freshUntil = status === "up" ? freshUntil(server, history) : 0;
  }

  function freshUntil(server: Server, known: LsnHistory): number {
    const { answer } = server.monitor.state;
    if (answer?.role === "primary") return server === tracker.usable ? Number.POSITIVE_INFINITY : 0;
    if (answer?.lsn === undefined || follows(answer.timeline) === false) return 0;
    if (!isWithin(server.lag, bound)) return 0;
    // What it has all of, or what nobody writes to, does not grow old.
    if (server.lag.bytes === 0 || tracker.usable === undefined) return Number.POSITIVE_INFINITY;
    return (known.lastAt(answer.lsn) ?? 0) + bound.maxLagMs;
  }

  function follows(timeline: number | undefined): boolean {
    return timeline === undefined || tracker.known === undefined || timeline === tracker.known.timeline;
  }
}
