import type { JsonValue } from "@mister-smith/schema";
import { SyncError } from "../errors/sync-error.ts";
import type { StateKey } from "../keys/state-subject.ts";
import type { BucketMessage } from "./bucket-message.ts";
import { checkedValue, type ValueLimits } from "./check-write.ts";
import type { StoredState } from "./state-entry.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The value of a message; undefined when it is no JSON in UTF-8. */
export function jsonOf(data: Uint8Array): { readonly value: JsonValue } | undefined {
  try {
    return { value: JSON.parse(decoder.decode(data)) };
  } catch {
    return undefined;
  }
}

/**
 * A message as a value.
 *
 * @throws SyncError `INVALID_INPUT` when somebody wrote what is no JSON, or not what the key's schema says
 */
export function storedState(key: StateKey, message: BucketMessage, limits: ValueLimits): StoredState {
  const json = jsonOf(message.data);
  if (json === undefined)
    throw new SyncError(
      "INVALID_INPUT",
      `the bucket's value of ${JSON.stringify(key.stateKey)} at revision ${message.sequence} is no JSON in UTF-8`,
      { hint: "Another client wrote it; write the key anew.", details: { revision: message.sequence } },
    );
  return {
    agentId: key.agentId.toLowerCase(),
    stateKey: key.stateKey,
    value: checkedValue(key.stateKey, json.value, limits) as JsonValue,
    revision: message.sequence,
    storedAt: new Date(message.storedAtMs),
    expiresAt: message.expiresAtMs === undefined ? undefined : new Date(message.expiresAtMs),
  };
}
