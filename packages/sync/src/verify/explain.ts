import type { DifferenceCause } from "./difference.ts";

const explanations: Readonly<Record<DifferenceCause, string>> = {
  "not-flushed":
    "the bucket's write is not in PostgreSQL yet, and the flusher has not come to it in the time of the check",
  "bucket-older":
    "the row is newer than what the bucket has: a change of SQL was not brought to the bucket, the bucket was restored from an older copy, or its write was a dead letter that was dropped",
  "deleted-in-postgres":
    "the row is gone, and the bucket still has the key: a DELETE of SQL, or the removal of the agent, was not brought to the bucket, or its write was a dead letter that was dropped",
  "deleted-in-bucket":
    "the bucket has a delete that was flushed, or came from PostgreSQL; the row was made anew by SQL since",
  expired: "on one side the value has expired, on the other it has not: its expiry was changed by SQL",
  "postgres-lost":
    "the bucket has a value of a later row than there is, or the row's delete by SQL: PostgreSQL was restored from an older backup, or has lost its end",
  undecided:
    "the bucket's value came from a row that is gone or another one now, or the bucket has the delete by SQL of a row that is there, and nothing tells which of the two is newer: PostgreSQL may have been restored from an older backup, or SQL may have changed the row. A repair that is told which side wins (force) decides it",
  "dead-letter":
    "PostgreSQL could not hold the bucket's write, which is among the dead letters with the reason",
  dropped:
    "what the bucket has under no key of an agent was a dead letter, which was dropped: it is nobody's state any more",
  checksum:
    "the row's value is not the one that its checksum was made of: it was damaged on disk, or changed without it",
  lost: "an event tells of a later write or delete than the row has, and the bucket has nothing of it any more: the end of PostgreSQL was lost, or the row was changed while events were off",
};

/** A difference in words. */
export function explain(cause: DifferenceCause): string {
  return explanations[cause];
}
