import type { Executor } from "../executor/executor.ts";
import type { Page } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { countStates } from "./count-states.ts";
import { deleteManyStates } from "./delete-many-states.ts";
import { type DeleteInput, deleteState } from "./delete-state.ts";
import { getManyStates } from "./get-many-states.ts";
import { getState } from "./get-state.ts";
import { type HydratedState, hydrateState } from "./hydrate-state.ts";
import type { ListStateInput, StateScope } from "./list-input.ts";
import { listStateKeys } from "./list-state-keys.ts";
import { listStates } from "./list-states.ts";
import { type PatchInput, patchState } from "./patch-state.ts";
import { type PutResult, putEachState } from "./put-each-state.ts";
import type { PutInput } from "./put-input.ts";
import { putManyStates } from "./put-many-states.ts";
import { putState } from "./put-state.ts";
import { reapExpiredStates } from "./reap-expired-states.ts";
import { type ExpiryInput, setStateExpiry } from "./set-state-expiry.ts";
import type { StateEntry, StateInfo } from "./state-entry.ts";
import { type StateAtCheckpoint, type StateHistoryInput, stateHistory } from "./state-history.ts";
import type { StateRef } from "./state-ref.ts";
import { streamStates } from "./stream-states.ts";

/**
 * The state of agents, one value a key.
 *
 * A value is any JSON, and is read back equal to what was written. Its version counts its writes, from 1. A value that
 * has expired is gone, as if it had been deleted, from the moment on, whether its row was cleared away or not: nobody
 * reads it, `expectedVersion: null` holds, and the next write starts anew at version 1. The server's clock decides, at
 * the start of each statement.
 *
 * All methods throw `INVALID_INPUT` for an input that is not allowed, before anything is sent; keys have 1 to 255
 * characters.
 */
export interface State {
  /** Reads a value; null when there is none. */
  get(ref: StateRef, options?: QueryOptions): Promise<StateEntry | null>;
  /** Reads up to 10,000 values in one statement, in the order of the keys asked for; null where there is none. */
  getMany(refs: readonly StateRef[], options?: QueryOptions): Promise<readonly (StateEntry | null)[]>;
  /**
   * Stores a value. It replaces the one before and also its expiry: without `ttlMs` and `expiresAt` it stays for ever.
   *
   * @throws ClientError `VERSION_CONFLICT` when the key is not at `expectedVersion`, with both versions; `NOT_FOUND`
   *   when the agent is not registered; `INVALID_INPUT` when `expiresAt` is not in the future
   */
  put(input: PutInput, options?: QueryOptions): Promise<StateInfo>;
  /**
   * Stores up to 10,000 values in one statement, of one or several agents: all of them, or none. Returns them in the
   * order given. Those who put overlapping sets at once wait for each other in one order, without deadlock, unless
   * keys of theirs are also deleted and made anew at that moment.
   *
   * @throws ClientError as {@link State.put}, for the first value that cannot be stored
   */
  putMany(inputs: readonly PutInput[], options?: QueryOptions): Promise<readonly StateInfo[]>;
  /** As {@link State.putMany}, but each by itself: says of each what became of it, in the order given. */
  putEach(inputs: readonly PutInput[], options?: QueryOptions): Promise<readonly PutResult[]>;
  /**
   * Merges a JSON merge patch (RFC 7396) into a value and returns what came of it. A key that does not exist starts as
   * an empty object. It is one statement: patches by many at once are all in the result. The expiry stays unless a new
   * one is given.
   *
   * @throws ClientError as {@link State.put}
   */
  patch(input: PatchInput, options?: QueryOptions): Promise<StateEntry>;
  /**
   * Changes when a value is gone, without touching the value; counts as a write. Null when there is no value.
   *
   * @throws ClientError `VERSION_CONFLICT` when the key is not at `expectedVersion`; `INVALID_INPUT` when `expiresAt` is
   *   not in the future
   */
  setExpiry(input: ExpiryInput, options?: QueryOptions): Promise<StateInfo | null>;
  /**
   * Deletes a value. Returns whether it was there.
   *
   * @throws ClientError `VERSION_CONFLICT` when the key is not at `expectedVersion`, or does not exist
   */
  delete(input: DeleteInput, options?: QueryOptions): Promise<boolean>;
  /** Deletes up to 10,000 values in one statement. Returns how many were there. */
  deleteMany(refs: readonly StateRef[], options?: QueryOptions): Promise<number>;
  /** The values of an agent by key, page by page. Where values are large, rather {@link State.listKeys} or a stream. */
  list(input: ListStateInput, options?: QueryOptions): Promise<Page<StateEntry>>;
  /** As {@link State.list}, without the values. */
  listKeys(input: ListStateInput, options?: QueryOptions): Promise<Page<StateInfo>>;
  /** How many values an agent has. */
  count(input: StateScope, options?: QueryOptions): Promise<number>;
  /** All values of an agent by key, one after the other, as of one moment. */
  stream(input: StateScope, options?: QueryOptions): AsyncIterable<StateEntry>;
  /**
   * Deletes the rows of values that have expired, the oldest first, and returns how many. Beside writers it neither
   * waits nor takes anything that was written anew.
   *
   * @param input.limit how many at most, 1 to 100,000. Default: 1,000
   */
  reapExpired(input?: { readonly limit?: number | undefined }, options?: QueryOptions): Promise<number>;
  /** What a key held at each checkpoint of its agent, newest first, page by page. */
  history(input: StateHistoryInput, options?: QueryOptions): Promise<Page<StateAtCheckpoint>>;
  /**
   * The whole state of an agent, latest change first, as `public.hydrate_agent_state` gives it. In a transaction expiry
   * is judged at its start.
   */
  hydrate(agentId: string, options?: QueryOptions): Promise<readonly HydratedState[]>;
}

/** Binds the questions about state to a database or a transaction. */
export function stateOf(on: Executor): State {
  return {
    get: (ref, options) => getState(on, ref, options),
    getMany: (refs, options) => getManyStates(on, refs, options),
    put: (input, options) => putState(on, input, options),
    putMany: (inputs, options) => putManyStates(on, inputs, options),
    putEach: (inputs, options) => putEachState(on, inputs, options),
    patch: (input, options) => patchState(on, input, options),
    setExpiry: (input, options) => setStateExpiry(on, input, options),
    delete: (input, options) => deleteState(on, input, options),
    deleteMany: (refs, options) => deleteManyStates(on, refs, options),
    list: (input, options) => listStates(on, input, options),
    listKeys: (input, options) => listStateKeys(on, input, options),
    count: (input, options) => countStates(on, input, options),
    stream: (input, options) => streamStates(on, input, options),
    reapExpired: (input, options) => reapExpiredStates(on, input, options),
    history: (input, options) => stateHistory(on, input, options),
    hydrate: (agentId, options) => hydrateState(on, agentId, options),
  };
}
