import type { BucketMessage } from "../store/bucket-message.ts";
import type { DifferenceCause } from "./difference.ts";
import type { RowDigest, RowSide } from "./row-side.ts";

/** All that is known of a key, read from the bucket first and from the database then. */
export interface KeyFacts {
  readonly message: BucketMessage | undefined;
  readonly row: RowDigest | undefined;
  readonly flushed: RowSide["flushed"];
  /** Whether the values are equal, where both sides have one. */
  readonly sameValue: boolean;
  /** Whether PostgreSQL refused the message. */
  readonly isParked: boolean;
  readonly nowMs: number;
}

/** What is to be said of a key. */
export type Judgement =
  | { readonly is: "level" }
  /** The flusher has not come to it. */
  | { readonly is: "waiting" }
  | {
      readonly is: "different";
      readonly cause: DifferenceCause;
      readonly ahead: "postgres" | "bucket" | "neither";
    };

/**
 * Judges a key. A message that is flushed is never newer than the row: where they differ the row is right. One that is not
 * flushed yet will overwrite the row. One that was written from PostgreSQL says how new its row was: the flusher does not
 * bring it back, so where PostgreSQL has lost that row since, the message is the last that has the value. A delete that was written
 * from there does not say when the row went: whether one that is there was made since, or PostgreSQL was restored, others tell.
 */
export function judgeKey(facts: KeyFacts): Judgement {
  const { message, row, isParked } = facts;
  // A damaged row is no side to believe: it is told of by itself, and must not come over the bucket's value.
  if (message === undefined || row?.isSpoilt === true) return { is: "level" };
  if (isParked) return { is: "different", cause: "dead-letter", ahead: "bucket" };
  const cause = differenceOf(facts, message, row);
  if (cause === undefined) return { is: "level" };
  if (!message.isFromPostgres && !isFlushed(message, facts.flushed)) return { is: "waiting" };
  if (message.isFromPostgres && holdsValue(message, facts.nowMs)) return judgeOwn(cause, message, row);
  if (message.isFromPostgres && message.isDelete) return undecided;
  return { is: "different", cause, ahead: "postgres" };
}

const undecided: Judgement = { is: "different", cause: "undecided", ahead: "neither" };

/**
 * The time of a row's last change only grows while the row is there, and its version never falls. A row that was deleted and
 * made anew begins again at version 1, at a later time than before, unless its transaction is older than that.
 */
function judgeOwn(cause: DifferenceCause, { fromRow }: BucketMessage, row: RowDigest | undefined): Judgement {
  if (row === undefined || fromRow === undefined) return undecided;
  if (fromRow.updatedAt <= row.updatedAt) return { is: "different", cause, ahead: "postgres" };
  if (fromRow.version < row.version) return undecided;
  return { is: "different", cause: "postgres-lost", ahead: "bucket" };
}

function holdsValue({ isDelete, expiresAtMs }: BucketMessage, nowMs: number): boolean {
  return !isDelete && !(expiresAtMs !== undefined && expiresAtMs <= nowMs);
}

/** The number alone does not tell: a bucket that has lost its end gives numbers out again, at a later time. */
export function isFlushed({ sequence, storedAtMs }: BucketMessage, flushed: RowSide["flushed"]): boolean {
  return flushed !== undefined && sequence <= flushed.sequence && storedAtMs <= flushed.anchorMs;
}

function differenceOf(
  { sameValue, nowMs }: KeyFacts,
  message: BucketMessage,
  row: RowDigest | undefined,
): DifferenceCause | undefined {
  // The clocks of the two sides need not agree about a moment that is the same on both.
  const sameExpiry = isSameMoment(message.expiresAtMs, row?.expiresAtMs);
  if (row !== undefined && !message.isDelete && sameExpiry && sameValue) return undefined;
  const hasExpired = message.expiresAtMs !== undefined && message.expiresAtMs <= nowMs;
  const bucketHas = !message.isDelete && !hasExpired;
  const rowHas = row?.isLive === true;
  if (!bucketHas && !rowHas) return undefined;
  if (!bucketHas) return message.isDelete ? "deleted-in-bucket" : "expired";
  if (row === undefined) return "deleted-in-postgres";
  if (!rowHas) return "expired";
  return "bucket-older";
}

// To the millisecond: PostgreSQL rounds what has more digits than it keeps.
function isSameMoment(one: number | undefined, other: number | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && Math.abs(one - other) <= 1);
}
