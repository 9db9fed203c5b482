import type { PoolName } from "../pool/server-pool.ts";
import type { Server } from "../servers/server.ts";

/** Which server a call goes to. */
export interface Route {
  /** The best server there is now, without those that were tried; undefined when the call has to wait for one. */
  now(tried: ReadonlySet<Server>): Server | undefined;
  /**
   * Waits for a server.
   *
   * @param until when to give up, by `performance.now()`
   * @throws ClientError `NO_PRIMARY`, `ABORTED`, `CLOSED`
   */
  find(until: number, signal: AbortSignal | undefined): Promise<Server>;
  /** The pool to be used on that server. */
  poolOn(server: Server): PoolName;
}

/** No server was tried yet. */
export const noneTried: ReadonlySet<Server> = new Set();
