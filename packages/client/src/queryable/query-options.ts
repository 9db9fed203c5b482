/** How one call may run. */
export interface QueryOptions {
  /** Ends the call; what runs on the server is cancelled there too. */
  readonly signal?: AbortSignal;
  /**
   * How long the call may take, waiting for a connection, BEGIN, COMMIT and retries included, in milliseconds: more than
   * 0, else `INVALID_INPUT`; `Infinity`: without limit. Default: for a statement the pool's `callTimeoutMs`; none for
   * the work of a transaction, a stream or a lent connection.
   */
  readonly timeoutMs?: number;
  /**
   * The statement does the same when it runs twice. Only then is it repeated after its connection broke while it
   * ran; otherwise that is reported as an outcome that is not known. Reads through `read` and `analytics` are always repeated.
   * Only then, too, is it repeated after a deadlock or a serialization failure when it may commit a part of itself before
   * its end, as CALL and DO do outside a transaction.
   */
  readonly idempotent?: boolean;
}
