import type { QueryOptions } from "../queryable/query-options.ts";

/** How a transaction runs. */
export interface TransactionOptions extends Pick<QueryOptions, "signal" | "timeoutMs"> {
  /** Default: the server's, `read committed`. Anything else is refused with `INVALID_INPUT`. */
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  /** Refuses every write. Default: false. */
  readonly readOnly?: boolean;
  /**
   * How often the whole transaction is run again after a deadlock, a serialization failure, a migration that changed
   * what a kept statement returns, or a broken connection before its COMMIT was sent, unless the
   * server broke that because the transaction idled or lasted for too long. `work` must then be fit to run
   * again: nothing outside the database. Default: the `retries` of the database's options.
   */
  readonly retries?: number;
}
