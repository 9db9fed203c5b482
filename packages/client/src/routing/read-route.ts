import { ClientError } from "../errors/client-error.ts";
import type { PoolName } from "../pool/server-pool.ts";
import { silenceOf } from "../servers/choose-primary.ts";
import type { Server } from "../servers/server.ts";
import type { PrimaryTracker } from "./primary-tracker.ts";
import { isHopeless, remedyForAll } from "./remedy-for-all.ts";
import type { Route } from "./route.ts";
import { type Search, search } from "./search.ts";

/** Where reads go. */
export interface ReadRouteOptions {
  /** The servers that are read from, as long as they may be. */
  readonly servers: readonly Server[];
  /** Whether a server may be read from, `now` being `performance.now()`. */
  readonly mayRead: (server: Server, now: number) => boolean;
  /** Where reads go when none of the servers may be read from; undefined: nowhere. */
  readonly primary: PrimaryTracker | undefined;
  /** The pool of the servers. */
  readonly pool: PoolName;
  /** The pool of the primary, when it is none of the servers. */
  readonly poolOnPrimary: PoolName;
}

/** A route with what keeps it informed. */
export interface ReadRoute extends Route, Pick<Search, "check" | "close"> {}

/** Goes to the server with the least under way, else to the primary. */
export function readRoute(options: ReadRouteOptions): ReadRoute {
  const { servers, mayRead, primary, pool, poolOnPrimary } = options;
  const own = new Set(servers);
  const all = [...new Set([...servers, ...(primary?.candidates ?? [])])];
  const { find, check, close } = search({
    servers: all,
    now: () => now(new Set()),
    late: nobody,
    hopeless: () => (isHopeless(all) ? nobody() : undefined),
  });
  return { now, find, check, close, poolOn: (server) => (own.has(server) ? pool : poolOnPrimary) };

  function now(tried: ReadonlySet<Server>): Server | undefined {
    const at = performance.now();
    let best: Server | undefined;
    for (const server of servers) {
      if (best !== undefined && server.outstanding >= best.outstanding) continue;
      if (mayRead(server, at) && !tried.has(server) && server.breaker.allows()) best = server;
    }
    if (best !== undefined) return best;
    const last = primary?.usable;
    return last === undefined || tried.has(last) ? undefined : last;
  }

  function nobody(): ClientError {
    const remedy = remedyForAll(all);
    const lines = all.map((server) => ({ address: server.address, why: whyNot(server) }));
    return new ClientError(
      "NO_PRIMARY",
      `no server can be read from: ${lines.map(({ address, why }) => `${address} ${why}`).join("; ")}`,
      {
        retryable: remedy === undefined,
        hint: remedy ?? "Start one of the servers: it is found by itself.",
        details: { servers: lines },
      },
    );
  }
}

function whyNot({ monitor: { state }, lag }: Server): string {
  if (state.status !== "up") {
    return state.error instanceof Error ? silenceOf(state.error) : "has not answered yet";
  }
  return lag.ms === undefined ? "may be behind: its lag is not known" : `is ${Math.round(lag.ms)} ms behind`;
}
