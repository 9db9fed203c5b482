import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import type { ReadToken } from "./token.ts";

/**
 * For what only reads. It is repeated when its connection breaks, so a statement that is there to write is refused
 * with `INVALID_INPUT`. A function that a SELECT calls is not seen: one that writes belongs into `write`.
 */
export interface Reader extends Queryable {
  /**
   * Reads that see the write which `token` came from: on a replica that has replayed it, after a short wait for one,
   * else on the primary. So they also do when the token is older than the last failover.
   *
   * @throws ClientError `INVALID_INPUT` when it is no token
   */
  after(token: ReadToken): Queryable;
}

/** A pool of its own use. */
export interface PoolAccess extends Queryable {
  /** Lends a connection for as long as `work` takes: for what must stay in one session. */
  connect<Result>(work: (connection: Queryable) => Promise<Result>, options?: QueryOptions): Promise<Result>;
}
