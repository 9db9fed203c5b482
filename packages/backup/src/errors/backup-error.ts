import { SmithError } from "@mister-smith/errors";

/** What a {@link BackupError} says, by what its reader can do about it. */
export type BackupErrorCode =
  /** an option or an input is not what is allowed */
  | "INVALID_INPUT"
  /** there is no such object in the repository */
  | "NOT_FOUND"
  /** an object of that name is there, and holds something else */
  | "ALREADY_EXISTS"
  /** bytes are missing, or are not those that were written, or the key is not the one they were sealed with */
  | "DAMAGED"
  /** no key of that id is known here */
  | "NO_KEY"
  /** no room is left where the repository is */
  | "STORE_FULL"
  /** the store may not be used with these credentials */
  | "STORE_REFUSED"
  /** the store was not reached, failed, or did not answer in time */
  | "STORE_UNREACHABLE";

/** A failure of backup or restore that the package itself found. */
export class BackupError extends SmithError<BackupErrorCode> {
  override readonly name = "BackupError";
}
