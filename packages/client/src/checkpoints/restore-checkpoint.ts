import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import { noSuchCheckpoint } from "./checkpoint-error.ts";
import { checkpointName } from "./checkpoint-fields.ts";
import { createCheckpoint } from "./create-checkpoint.ts";
import { lockState } from "./lock-state.ts";
import { snapshotOwner } from "./snapshot-owner.ts";
import { type StateKeyChange, writeSnapshot } from "./write-snapshot.ts";

/** How to restore. */
export interface RestoreOptions {
  /** Takes a checkpoint of the state as it is first; by `checkpointName` it gets a name. Default: none is taken. */
  readonly safetyCheckpoint?: boolean | { readonly checkpointName: string } | undefined;
}

/** What a restore did: the keys, in order. */
export interface Restored {
  readonly agentId: string;
  /** Were not there, and are again. */
  readonly added: readonly string[];
  /** Were not in the checkpoint, and are gone. */
  readonly removed: readonly string[];
  /** Had another value. */
  readonly changed: readonly string[];
  /** How many were as they should be, and were not touched. */
  readonly unchanged: number;
  /** The checkpoint that was taken before, if one was. */
  readonly safetyCheckpointId: string | null;
}

const restoreOptions = z.strictObject({
  safetyCheckpoint: z.union([z.boolean(), z.strictObject({ checkpointName })]).default(false),
});

/** Brings the state of an agent back to a checkpoint; see {@link Checkpoints.restore}. */
export async function restoreCheckpoint(
  on: Executor,
  checkpointId: string,
  input: RestoreOptions = {},
  options?: QueryOptions,
): Promise<Restored> {
  const id = parseInput(z.guid(), checkpointId, "the checkpoint to restore");
  const { safetyCheckpoint } = parseInput(restoreOptions, input, "how to restore");
  return await on.transaction(async (tx) => {
    const agentId = await snapshotOwner(tx.write, id, options);
    await lockState(tx.write, agentId, options);
    const safetyCheckpointId =
      safetyCheckpoint === false ? null : await takeSafety(tx, agentId, safetyCheckpoint, options);
    const changes = await applySnapshot(tx.write, agentId, id, options);
    return { agentId, ...summaryOf(changes), safetyCheckpointId };
  }, options);
}

async function applySnapshot(on: Queryable, agentId: string, checkpointId: string, options?: QueryOptions) {
  const changes = await on.any(writeSnapshot(agentId, checkpointId), options);
  // It may have been pruned since it was looked at; then nothing must be deleted in its name.
  if (changes.some(({ change }) => change === "no-snapshot")) throw noSuchCheckpoint(checkpointId);
  return changes;
}

async function takeSafety(
  on: Executor,
  agentId: string,
  safety: true | { readonly checkpointName: string },
  options?: QueryOptions,
): Promise<string> {
  const name = safety === true ? {} : safety;
  const input = { agentId, triggerEvent: "before_restore", ...name };
  return (await createCheckpoint(on, input, options)).checkpointId;
}

function summaryOf(changes: readonly StateKeyChange[]) {
  const keys = (wanted: string) =>
    changes.flatMap(({ change, stateKey }) => (change === wanted && stateKey !== null ? [stateKey] : []));
  return {
    added: keys("added"),
    removed: keys("removed"),
    changed: keys("changed"),
    unchanged: keys("unchanged").length,
  };
}
