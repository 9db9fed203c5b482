import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { JsonInput } from "../json/json-input.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { bothGiven, type Expiry, expiryFields, notBoth } from "./expiry.ts";
import { patchedValue } from "./patched-value.ts";
import { refuseUnwritten } from "./refuse-unwritten.ts";
import { type StateEntry, stateEntries } from "./state-entry.ts";
import { nameOfKey, type StateRef, stateRef } from "./state-ref.ts";
import { expectedVersion } from "./version.ts";
import { writeOne } from "./write-one.ts";

/** A change of a value. */
export interface PatchInput extends StateRef, Expiry {
  /** A JSON merge patch (RFC 7396): members replace those of the value, objects are merged, null removes. */
  readonly patch: JsonInput;
  /** Patch only if the key is at this version; null: only if it does not exist. Not given: in any case. */
  readonly expectedVersion?: bigint | null | undefined;
}

const patchInput = stateRef
  .extend({ patch: z.custom<JsonInput>(() => true), expectedVersion, ...expiryFields })
  .refine(notBoth, bothGiven);

/** Merges a patch into a value; see {@link State.patch}. */
export async function patchState(
  on: Executor,
  input: PatchInput,
  options?: QueryOptions,
): Promise<StateEntry> {
  const patch = parseInput(patchInput, input, "the state to patch");
  const newValue = patchedValue(patch.patch, `the patch of ${nameOfKey(patch)}`);
  const entry = await on.write.maybeOne(
    sql.type(stateEntries.row)`
      ${writeOne({ ...patch, newValue, keepsExpiry: true })}
      RETURNING ${stateEntries.columns("stored")}`,
    options,
  );
  return entry ?? (await refuseUnwritten(on.write, patch, options));
}
