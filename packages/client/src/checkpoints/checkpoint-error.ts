import { ClientError } from "../errors/client-error.ts";

/** The checkpoint does not exist. */
export function noSuchCheckpoint(checkpointId: string): ClientError {
  return new ClientError("NOT_FOUND", `no checkpoint ${checkpointId}`, {
    hint: "It may have been pruned or deleted: see `checkpoints.list` for those that the agent has.",
    details: { checkpointId },
  });
}

/** The snapshot was written by something else, and has not the form of one. */
export function noSnapshot(checkpointId: string): ClientError {
  return new ClientError(
    "UNEXPECTED_ROW",
    `the snapshot of checkpoint ${checkpointId} is not an object with one field a state key`,
    {
      hint: "Nothing was changed. Take another checkpoint of the agent, see `checkpoints.list`.",
      details: { checkpointId },
    },
  );
}
