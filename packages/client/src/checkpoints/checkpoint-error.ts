import { ClientError } from "../errors/client-error.ts";

/** The checkpoint does not exist. */
export function noSuchCheckpoint(checkpointId: string): ClientError {
  return new ClientError("NOT_FOUND", `no checkpoint ${checkpointId}`, { details: { checkpointId } });
}

/** The snapshot was written by something else, and has not the form of one. */
export function noSnapshot(checkpointId: string): ClientError {
  return new ClientError(
    "UNEXPECTED_ROW",
    `the snapshot of checkpoint ${checkpointId} is not an object with one field a state key`,
    { details: { checkpointId } },
  );
}
