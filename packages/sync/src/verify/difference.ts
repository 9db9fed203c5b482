import type { StateKey } from "../keys/state-subject.ts";

/** Why the two sides differ. */
export type DifferenceCause =
  /** the bucket has a write that PostgreSQL does not have yet, and does not get */
  | "not-flushed"
  /** the row is newer: it was changed by SQL, or the bucket was restored from an older copy */
  | "bucket-older"
  /** the row is gone, and the bucket has the key */
  | "deleted-in-postgres"
  /** the bucket has a delete that was flushed, or came from PostgreSQL, and the row was made anew since */
  | "deleted-in-bucket"
  /** one side has expired, and the other has not */
  | "expired"
  /** the bucket has what a later row was, or its delete: PostgreSQL was restored from an older backup, or has lost its end */
  | "postgres-lost"
  /** what the bucket has, a value or a delete, came from PostgreSQL, and nothing tells whether it is newer than what is there now */
  | "undecided"
  /** PostgreSQL could not hold the bucket's value: it is a dead letter */
  | "dead-letter"
  /** what the bucket has under no key of an agent was a dead letter, which was dropped */
  | "dropped"
  /** the row is not what its checksum was made of */
  | "checksum"
  /** an event tells of a version that neither side has any more */
  | "lost";

/** What a repair did about a difference. */
export type RepairOutcome =
  /** both sides are level now */
  | "mended"
  /** the flusher will do it, as soon as it runs and comes to it */
  | "left-to-flusher"
  /** somebody wrote the key meanwhile */
  | "overtaken"
  /** nobody can know what is right: see the explanation */
  | "not-possible"
  /** nothing was to be done: it was only looked */
  | "none";

/** A key of which the two sides do not have the same. */
export interface StateDifference {
  /** Undefined for a subject that is none of an agent's key. */
  readonly key: StateKey | undefined;
  readonly subject: string;
  readonly cause: DifferenceCause;
  /** Which side has what is right. */
  readonly ahead: "bucket" | "postgres" | "neither";
  /** For people. */
  readonly explanation: string;
  /** The bucket's revision; undefined when it has nothing of the key. */
  readonly revision: number | undefined;
  /** The row's version; undefined when there is no row. */
  readonly version: number | undefined;
  readonly repair: RepairOutcome;
}
