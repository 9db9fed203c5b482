import type { StateKey } from "../keys/state-subject.ts";
import type { JsonCompatible } from "./json-compatible.ts";
import type {
  CallOptions,
  DeleteOptions,
  GetOptions,
  ManyOptions,
  PutOptions,
  StateWrite,
  StoredState,
  WatchOptions,
  WriteOptions,
  WrittenState,
} from "./state-entry.ts";
import type { StateWatch } from "./watch-state.ts";

/**
 * The state of agents in the bucket `AGENT_STATE`, with PostgreSQL behind it.
 *
 * What goes wrong is a `SyncError`: `INVALID_INPUT` before anything is sent; `TIMEOUT` when a write may have been done,
 * or not; `NATS_UNREACHABLE` when it was not; `REVISION_CONFLICT`; `ABORTED` by the caller's signal; `CLOSED`. A write that got
 * no answer is sent again, also over a restart of the server, until its time is over, and is stored once.
 */
export interface StateStore extends AsyncDisposable {
  /**
   * The value of a key; undefined when there is none, or it was deleted or has expired. What is not in the bucket is read
   * from PostgreSQL, where the store has a database, and brought into the bucket.
   */
  get(agentId: string, stateKey: string, options?: GetOptions): Promise<StoredState | undefined>;
  /** The values of many keys, in their order; of large ones fewer at once, as the server closes a connection with too much on the way. */
  getMany(
    keys: readonly StateKey[],
    options?: GetOptions & ManyOptions,
  ): Promise<readonly (StoredState | undefined)[]>;
  /**
   * Writes a value.
   *
   * @throws SyncError `REVISION_CONFLICT` by its strategy; `DEAD_LETTERED` when `durable` and PostgreSQL cannot hold it
   */
  put<Value>(
    agentId: string,
    stateKey: string,
    value: Value & JsonCompatible<Value>,
    options?: PutOptions<NoInfer<Value>>,
  ): Promise<WrittenState>;
  /**
   * Writes many values, each by itself, in any order, many at once; returns in the order given. Two writes of the same
   * key have no order among them.
   *
   * @throws SyncError the first failure, when all that were begun have ended: others may be written. `INVALID_INPUT` of any
   *   comes before anything is sent
   */
  putMany<Write extends StateWrite<unknown>>(
    writes: readonly (Write & StateWrite<JsonCompatible<Write["value"]>>)[],
    options?: Omit<WriteOptions, "writeId"> & ManyOptions,
  ): Promise<readonly WrittenState[]>;
  /** Deletes a key, in PostgreSQL too. It is no failure when there is none. */
  delete(agentId: string, stateKey: string, options?: DeleteOptions): Promise<WrittenState>;
  /**
   * Writes a value over one revision of the key, and over nothing else; 0 stands for there being no value.
   *
   * @throws SyncError `REVISION_CONFLICT` with `details.expected` and `details.actual`
   */
  compareAndSet<Value>(
    agentId: string,
    stateKey: string,
    expectedRevision: number,
    value: Value & JsonCompatible<Value>,
    options?: Omit<PutOptions, "onConflict">,
  ): Promise<WrittenState>;
  /**
   * The changes of keys as the bucket has them, in order. It goes on by itself, by sequence, after the connection or the
   * server was away. Changes of a key that follow each other faster than they are read may be left out but for the last
   * ones: the bucket keeps few of each. What is no JSON, or no state of an agent, is left out. A bucket that is made anew
   * is read from its beginning.
   */
  watch(options?: WatchOptions): StateWatch;
  /** The names of an agent's keys that have a value, in the bucket or in PostgreSQL, in order. */
  keys(agentId: string, options?: CallOptions): Promise<readonly string[]>;
  /** Ends it; what has no answer yet fails. The link and the database stay open. Safe twice. */
  close(): Promise<void>;
}
