/** The pipe that brings agent state to PostgreSQL, as `sync.positions` calls it. */
export const statePipe = "agent_state";

/** How far a pipe has read its stream. */
export interface Position {
  /** Which life of the stream the sequence belongs to. */
  readonly incarnation: number;
  /** The last message that was applied; 0 before the first. */
  readonly sequence: number;
  /** When the server stored that message, in milliseconds since 1970; undefined before the first. */
  readonly anchorMs: number | undefined;
  /** When the stream was made, in milliseconds since 1970. */
  readonly createdMs: number | undefined;
}

/** Whether two are at the same message of the same life of a stream. */
export function isSamePosition(one: Position | undefined, other: Position): boolean {
  return one?.incarnation === other.incarnation && one.sequence === other.sequence;
}
