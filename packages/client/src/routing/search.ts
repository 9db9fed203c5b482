import type { ClientError } from "../errors/client-error.ts";
import type { Server } from "../servers/server.ts";
import { waitingLine } from "./waiting-line.ts";

/** Looks for a server, for all who wait together. */
export interface Search {
  /**
   * Resolves with a server at once or as soon as there is one. While somebody waits, the servers are asked again and
   * again, each on its own: one that does not answer holds up no other.
   *
   * @param until when to give up, by `performance.now()`
   */
  find(until: number, signal: AbortSignal | undefined): Promise<Server>;
  /** To be called when something was heard of a server. */
  check(): void;
  /** Ends all waiting, now and later. */
  close(reason: ClientError): void;
}

/** What a {@link Search} needs. */
export interface SearchOptions {
  readonly servers: readonly Server[];
  /** The server that is looked for, as far as is known. */
  readonly now: () => Server | undefined;
  /** The error of whoever gives up. */
  readonly late: () => ClientError;
  /** The error of all who wait when no more asking would find a server; undefined while it may. Default: it may. */
  readonly hopeless?: () => ClientError | undefined;
  /** The pause between two questions to a server while somebody waits, in milliseconds. Default: 50. */
  readonly pauseMs?: number;
}

/** Makes a search; nothing is asked before somebody waits. */
export function search({ servers, now, late, hopeless, pauseMs = 50 }: SearchOptions): Search {
  const line = waitingLine<Server>();
  const asking = new Set<Server>();
  return {
    find(until, signal) {
      const found = now();
      if (found !== undefined) return Promise.resolve(found);
      const finding = line.wait(until, signal, late);
      for (const server of servers) void keepAsking(server);
      return finding;
    },
    check,
    close: (reason) => line.end(reason),
  };

  function check(): void {
    const found = line.length === 0 ? undefined : now();
    if (found !== undefined) line.serve(found);
  }

  async function keepAsking(server: Server): Promise<void> {
    if (asking.has(server)) return;
    asking.add(server);
    while (line.length > 0) {
      await server.monitor.probe();
      check();
      const refusal = line.length === 0 ? undefined : hopeless?.();
      if (refusal !== undefined) line.refuse(refusal);
      await line.pause(pauseMs);
    }
    asking.delete(server);
  }
}
