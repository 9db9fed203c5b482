import { z } from "zod";
import type { JsonInput } from "../json/json-input.ts";
import { bothGiven, type Expiry, expiryFields, notBoth } from "./expiry.ts";
import { type StateRef, stateRef } from "./state-ref.ts";
import { expectedVersion } from "./version.ts";

/** A value to store. */
export interface PutInput extends StateRef, Expiry {
  /** Any JSON value, `null` too; `undefined` is refused anywhere in it. */
  readonly stateValue: JsonInput;
  /** Write only if the key is at this version; null: only if it does not exist. Not given: write in any case. */
  readonly expectedVersion?: bigint | null | undefined;
}

/** The zod schema of {@link PutInput}. The value is checked when it becomes text, once. */
export const putInput = stateRef
  .extend({ stateValue: z.custom<JsonInput>(() => true), expectedVersion, ...expiryFields })
  .refine(notBoth, bothGiven);
