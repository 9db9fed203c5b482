import { ClientError } from "../errors/client-error.ts";
import {
  choosePrimary,
  type KnownPrimary,
  type SeenTimelines,
  whyNoPrimary,
} from "../servers/choose-primary.ts";
import type { ProbeAnswer } from "../servers/probe-statement.ts";
import type { Server } from "../servers/server.ts";
import { isHopeless, remedyForAll } from "./remedy-for-all.ts";
import { type Search, search } from "./search.ts";

/** Knows which server takes writes. */
export interface PrimaryTracker extends Pick<Search, "find" | "close"> {
  /** The server that takes writes, as far as is known; undefined while that is in doubt. */
  readonly usable: Server | undefined;
  /** The last server that took writes. */
  readonly last: Server | undefined;
  /** What was seen of primaries. */
  readonly known: KnownPrimary | undefined;
  readonly candidates: readonly Server[];
  /** Takes notice of what was heard of a candidate. */
  heard(server: Server): void;
  /**
   * Refuses a server that must not be written to, by what it said on a connection that is new.
   *
   * @throws ClientError `NO_PRIMARY`
   */
  admit(server: Server, answer: ProbeAnswer): void;
}

/** What a {@link PrimaryTracker} needs. */
export interface PrimaryTrackerOptions {
  readonly candidates: readonly Server[];
  /** What all trackers together have seen, this one too. */
  readonly seen: SeenTimelines;
  /** Writes go to `to` from now on. */
  readonly onMove: (from: Server | undefined, to: Server, timeline: number) => void;
  /** A server takes writes on that timeline. */
  readonly onTimeline: (server: Server, timeline: number) => void;
}

/**
 * Follows the writes.
 *
 * A server on a timeline higher than any seen is taken at once: only a promotion begins one. Otherwise a server is
 * taken only when no other candidate can have been promoted meanwhile, that is, when each has answered since the
 * doubt began, or is known to be down. So a primary that comes back before its successor is noticed gets no writes.
 */
export function primaryTracker({
  candidates,
  seen,
  onMove,
  onTimeline,
}: PrimaryTrackerOptions): PrimaryTracker {
  let usable: Server | undefined;
  let last: Server | undefined;
  let known: KnownPrimary | undefined;
  let doubtSince = performance.now();
  const { find, check, close } = search({
    servers: candidates,
    now: () => usable,
    late: noPrimary,
    hopeless: () => (isHopeless(candidates) ? noPrimary() : undefined),
  });

  return {
    get usable() {
      return usable;
    },
    get last() {
      return last;
    },
    get known() {
      return known;
    },
    candidates,
    find,
    close,
    heard,
    admit(server, answer) {
      const why = whyNoPrimary({ ...server.monitor.state, status: "up", answer }, known, seen);
      if (why === undefined) return;
      throw new ClientError("NO_PRIMARY", `${server.address} is not to be written to: it ${why}`, {
        retryable: true,
        details: { servers: [{ address: server.address, why }] },
      });
    },
  };

  function heard(server: Server): void {
    if (server === usable && whyNoPrimary(server.monitor.state, known, seen) !== undefined) {
      usable = undefined;
      doubtSince = performance.now();
    }
    const chosen = choosePrimary(candidates.map(asCandidate), known, seen).primary?.server;
    if (chosen === undefined || !mayTake(chosen)) return;
    take(chosen);
    check();
  }

  function mayTake(server: Server): boolean {
    if (server === usable) return true;
    if (known !== undefined && timelineOf(server) > known.timeline) return true;
    return usable === undefined && candidates.every((other) => other === server || isHeard(other));
  }

  function isHeard({ monitor: { state } }: Server): boolean {
    return state.status === "down" || (state.status === "up" && (state.askedAt ?? 0) >= doubtSince);
  }

  function take(server: Server): void {
    const timeline = Math.max(timelineOf(server), known?.timeline ?? 0);
    const systemId = known?.systemId ?? server.monitor.state.answer?.systemId;
    known = { timeline, systemId, address: server.address };
    const from = last;
    usable = server;
    last = server;
    if (from !== server) onMove(from, server, timeline);
    onTimeline(server, timeline);
  }

  function noPrimary(): ClientError {
    const servers = candidates.map(({ address, monitor: { state } }) => ({
      address,
      why: whyNoPrimary(state, known, seen) ?? "may not be the newest primary: others have not answered yet",
    }));
    const remedy = remedyForAll(candidates);
    const reasons = servers.map(({ address, why }) => `${address} ${why}`).join("; ");
    // With one server there is one reason, which says more than its text.
    const cause = candidates.length === 1 ? candidates[0]?.monitor.state.error : undefined;
    return new ClientError("NO_PRIMARY", `no server takes writes: ${reasons}`, {
      retryable: remedy === undefined,
      cause,
      hint: remedy ?? "Start the primary or promote a replica: it is found by itself.",
      details: { servers },
    });
  }
}

function asCandidate(server: Server) {
  return { address: server.address, state: server.monitor.state, server };
}

function timelineOf({ monitor: { state } }: Server): number {
  return state.answer?.timeline ?? 0;
}
