import type { Position } from "./position.ts";

/** What the stream shows of itself. */
export interface StreamLook {
  /** When it was made, in milliseconds since 1970. */
  readonly createdMs: number;
  /** The number of its last message; 0 when it never had one. */
  readonly lastSequence: number;
  /**
   * When it stored the message of the position, in milliseconds since 1970; undefined when that is not there any more,
   * because newer ones of its key took its place.
   */
  readonly anchorMs: number | undefined;
  /**
   * The number of the last message that it stored up to the moment of the position's; undefined when that message is there
   * to be looked at, or the position has no moment.
   */
  readonly lastUntilAnchor: number | undefined;
}

/** Whether a stream is the one that was read, and what became of it if not. */
export type StreamIdentity = "first" | "same" | "recreated" | "tail lost";

/**
 * Tells whether a position still means what it meant. A stream that was made anew gives out its numbers again from 1; one
 * that lost its end, because its machine crashed before the disk had it or because an older copy was put back, gives out
 * those of its lost messages again.
 */
export function identifyStream(position: Position | undefined, look: StreamLook): StreamIdentity {
  if (position === undefined) return "first";
  if (position.createdMs !== look.createdMs) return "recreated";
  if (look.lastSequence < position.sequence) return "tail lost";
  if (position.anchorMs === undefined) return "same";
  if (look.anchorMs !== undefined) return look.anchorMs === position.anchorMs ? "same" : "tail lost";
  // Something that was stored later has a number that was read before: it was given out again.
  const isAnother = look.lastUntilAnchor !== undefined && look.lastUntilAnchor < position.sequence;
  return isAnother ? "tail lost" : "same";
}
