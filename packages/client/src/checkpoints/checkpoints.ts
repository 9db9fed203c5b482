import type { Executor } from "../executor/executor.ts";
import type { Page } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Checkpoint, CheckpointInfo } from "./checkpoint.ts";
import { type CreateCheckpointInput, createCheckpoint } from "./create-checkpoint.ts";
import { deleteCheckpoint } from "./delete-checkpoint.ts";
import { type CheckpointDiff, diffCheckpoint } from "./diff-checkpoint.ts";
import { getCheckpoint } from "./get-checkpoint.ts";
import { latestCheckpoint } from "./latest-checkpoint.ts";
import { type ListCheckpointsInput, listCheckpoints } from "./list-checkpoints.ts";
import { type PruneInput, pruneCheckpoints } from "./prune-checkpoints.ts";
import { type Restored, type RestoreOptions, restoreCheckpoint } from "./restore-checkpoint.ts";

/**
 * Snapshots of an agent's whole state, to go back to.
 *
 * A snapshot is an object with one field a key, of the values that have not expired; all together may have 255 MB. It
 * does not hold when values expire.
 *
 * All methods throw `INVALID_INPUT` for an input that is not allowed, before anything is sent.
 */
export interface Checkpoints {
  /**
   * Takes a checkpoint of the whole state in one statement, as of one moment.
   *
   * @throws ClientError `NOT_FOUND` when the agent is not registered
   */
  create(input: CreateCheckpointInput, options?: QueryOptions): Promise<CheckpointInfo>;
  /** The checkpoints of an agent without their snapshots, newest first, page by page. */
  list(input: ListCheckpointsInput, options?: QueryOptions): Promise<Page<CheckpointInfo>>;
  /** Reads a checkpoint with its snapshot; null when there is none. */
  get(checkpointId: string, options?: QueryOptions): Promise<Checkpoint | null>;
  /** The newest checkpoint of an agent that has the name, with its snapshot; null when there is none. */
  byName(agentId: string, checkpointName: string, options?: QueryOptions): Promise<Checkpoint | null>;
  /** The newest checkpoint of an agent, with its snapshot; null when there is none. */
  latest(agentId: string, options?: QueryOptions): Promise<Checkpoint | null>;
  /**
   * Compares a checkpoint with the present state of its agent.
   *
   * @throws ClientError `NOT_FOUND` when there is no such checkpoint
   */
  diff(checkpointId: string, options?: QueryOptions): Promise<CheckpointDiff>;
  /**
   * Brings the whole state of the checkpoint's agent back to it, in one transaction. Keys that are not in the snapshot
   * are deleted. A value that differs is written, and its version goes on upward; a value that is the same is not
   * touched. A key that is there keeps its expiry; one that comes back starts at version 1 and never expires.
   *
   * Beside writers it is as if they had come before or after it, each transaction as a whole, and they wait for each
   * other without deadlock. Not covered: statements of one's own that change `agents.state` without having locked the
   * agent's row `FOR KEY SHARE` first; those may run into a deadlock, which ends one of the two.
   *
   * @throws ClientError `NOT_FOUND` when there is no such checkpoint
   */
  restore(checkpointId: string, input?: RestoreOptions, options?: QueryOptions): Promise<Restored>;
  /** Deletes a checkpoint. Returns whether it was there. */
  delete(checkpointId: string, options?: QueryOptions): Promise<boolean>;
  /** Deletes checkpoints that are no longer needed, and returns how many. */
  prune(input: PruneInput, options?: QueryOptions): Promise<number>;
}

/** Binds the questions about checkpoints to a database or a transaction. */
export function checkpointsOf(on: Executor): Checkpoints {
  return {
    create: (input, options) => createCheckpoint(on, input, options),
    list: (input, options) => listCheckpoints(on, input, options),
    get: (checkpointId, options) => getCheckpoint(on, checkpointId, options),
    byName: (agentId, checkpointName, options) => latestCheckpoint(on, { agentId, checkpointName }, options),
    latest: (agentId, options) => latestCheckpoint(on, { agentId }, options),
    diff: (checkpointId, options) => diffCheckpoint(on, checkpointId, options),
    restore: (checkpointId, input, options) => restoreCheckpoint(on, checkpointId, input, options),
    delete: (checkpointId, options) => deleteCheckpoint(on, checkpointId, options),
    prune: (input, options) => pruneCheckpoints(on, input, options),
  };
}
