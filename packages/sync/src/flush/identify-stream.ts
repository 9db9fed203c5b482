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
  const isAnother =
    look.anchorMs !== undefined && position.anchorMs !== undefined && look.anchorMs !== position.anchorMs;
  return isAnother ? "tail lost" : "same";
}
