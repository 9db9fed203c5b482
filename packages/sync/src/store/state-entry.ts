import type { JsonInput } from "@mister-smith/client";
import type { JsonValue } from "@mister-smith/schema";
import type { StateKey } from "../keys/state-subject.ts";

/** A value of the bucket. */
export interface StoredState extends StateKey {
  readonly value: JsonValue;
  /** Grows with every write of the bucket. A value that leaves the bucket and comes back has another one. */
  readonly revision: number;
  /** When JetStream stored it. */
  readonly storedAt: Date;
  /** From when on it counts as gone; undefined for never. */
  readonly expiresAt: Date | undefined;
}

/** What is known of a write that was done. */
export interface WrittenState {
  /** The revision of the key by this write. */
  readonly revision: number;
  /** Names this write: given again, it is stored once. */
  readonly writeId: string;
  /** What has it: JetStream (`stored`), or PostgreSQL too (`durable`). */
  readonly durability: WriteDurability;
}

/**
 * When a write resolves: as soon as JetStream has stored it (`stored`), or when PostgreSQL has committed it (`durable`).
 * Of several writes of a key that reach PostgreSQL together it is the last that is committed; the others are
 * superseded, and count as durable too.
 */
export type WriteDurability = "stored" | "durable";

/**
 * Makes the value that is stored from the one that is there, undefined when there is none, and the one that was given.
 * It may be called again, with another current value, when somebody else writes in between.
 */
export type MergeState<Given = JsonInput> = (
  current: JsonValue | undefined,
  given: Given,
) => Given | JsonInput | Promise<Given | JsonInput>;

/**
 * What happens when the key was changed by others: the value is overwritten (`last-write-wins`), or only written over one
 * revision, 0 for none, or merged.
 */
export type ConflictStrategy<Given = JsonInput> =
  | "last-write-wins"
  | { readonly expectedRevision: number }
  | MergeState<Given>;

/** How long a call may take. */
export interface CallOptions {
  /** How long it may take, in milliseconds. Default: the store's. */
  readonly timeoutMs?: number | undefined;
  /** Ends it; a write that was sent may be done all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** How values are read. */
export interface GetOptions extends CallOptions {
  /**
   * Ask the leader of the bucket alone, so that every acknowledged write is seen. Default: false; in a cluster, a replica
   * may answer that is a moment behind.
   */
  readonly fromLeader?: boolean | undefined;
}

/** How a write is done. */
export interface WriteOptions extends CallOptions {
  /** Default: `stored`. */
  readonly durability?: WriteDurability | undefined;
  /**
   * Names the write, so that it is stored once however often it is repeated within the bucket's duplicate window
   * (2 minutes unless configured otherwise). Default: a new one.
   */
  readonly writeId?: string | undefined;
}

/** How a value is written. */
export interface PutOptions<Given = JsonInput> extends WriteOptions {
  /** Default: `last-write-wins`. */
  readonly onConflict?: ConflictStrategy<Given> | undefined;
  /** After how many milliseconds the value counts as gone. Default: never. */
  readonly ttlMs?: number | undefined;
  /** From when on the value counts as gone. Default: never. */
  readonly expiresAt?: Date | undefined;
}

/** How a value is deleted. */
export interface DeleteOptions extends WriteOptions {
  /** Delete it only when it is at this revision. Default: whatever is there. */
  readonly expectedRevision?: number | undefined;
}

/** One of several values that are written. What it merges by is given the value as `JsonInput`. */
export interface StateWrite<Value = JsonInput>
  extends StateKey,
    Pick<PutOptions, "onConflict" | "ttlMs" | "expiresAt" | "writeId"> {
  readonly value: Value;
}

/** How many values are written or read at once. */
export interface ManyOptions {
  /**
   * How many may be under way at once. Default: 256. Reads are fewer where values are large: what all on a connection have on the way
   * is about 8 MiB.
   */
  readonly concurrency?: number | undefined;
}

/** A change of a key. */
export interface StateChange extends StateKey {
  readonly operation: "put" | "delete";
  /** Undefined for a delete. */
  readonly value: JsonValue | undefined;
  readonly revision: number;
  readonly storedAt: Date;
  readonly expiresAt: Date | undefined;
  /** Whether it came from PostgreSQL: a row that was brought into the bucket, or changed by SQL. */
  readonly isFromPostgres: boolean;
}

/** What is watched. */
export interface WatchOptions {
  /** Whose keys. Default: those of all agents. */
  readonly agentId?: string | undefined;
  /** Which key of the agent. Default: all. */
  readonly stateKey?: string | undefined;
  /**
   * Where it begins: with what is there now of each key (`current`), with the next change (`new`), or with the first change
   * after a revision that the bucket still has. Default: `new`.
   */
  readonly from?: "current" | "new" | { readonly afterRevision: number } | undefined;
  /** Ends it, without an error. */
  readonly signal?: AbortSignal | undefined;
}
