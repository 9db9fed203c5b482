import { SmithError } from "@mister-smith/errors";

/** What a {@link SyncError} says, by what its reader can do about it. */
export type SyncErrorCode =
  /** an option or an input is not what is allowed */
  | "INVALID_INPUT"
  /** NATS was not reached, or did not answer in time */
  | "NATS_UNREACHABLE"
  /** the connected server has not what was asked for */
  | "UNSUPPORTED_SERVER"
  /** a stream, bucket or consumer is not there, or is not as it has to be */
  | "TOPOLOGY"
  /** JetStream refused */
  | "JETSTREAM"
  /** the key has changed since it was read */
  | "REVISION_CONFLICT"
  /** the write was parked as a dead letter: PostgreSQL cannot hold it */
  | "DEAD_LETTERED"
  /** it took longer than its timeout: a write may have been done, or not */
  | "TIMEOUT"
  /** the caller's signal ended it */
  | "ABORTED"
  /** there is no dead letter, event or agent of that name */
  | "NOT_FOUND"
  /** another daemon has the role by now */
  | "LEASE_LOST"
  /** the part was stopped or closed */
  | "CLOSED";

/** A failure between PostgreSQL and JetStream that the package itself found. */
export class SyncError extends SmithError<SyncErrorCode> {
  override readonly name = "SyncError";
}
