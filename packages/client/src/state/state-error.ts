import { ClientError } from "../errors/client-error.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import { liveVersion } from "./live-version.ts";
import { nameOfKey, type StateRef } from "./state-ref.ts";

/** The agent of a key is not registered. */
export function noAgent(ref: StateRef): ClientError {
  return new ClientError("NOT_FOUND", `no agent ${ref.agentId}, to which ${nameOfKey(ref)} would belong`, {
    hint: "Register the agent first.",
    details: { agentId: ref.agentId, stateKey: ref.stateKey },
  });
}

/** The value would be gone before it is there. */
export function alreadyExpired(
  ref: StateRef & { readonly expiresAt?: Date | null | undefined },
): ClientError {
  const when = ref.expiresAt?.toISOString();
  return new ClientError(
    "INVALID_INPUT",
    `${nameOfKey(ref)} would expire at ${when}, which is not in the future`,
    {
      hint: "The server's clock decides; give `ttlMs` to be independent of this machine's.",
      details: { agentId: ref.agentId, stateKey: ref.stateKey, expiresAt: when },
    },
  );
}

/** The key is not at the version that was expected. Both are in `details`, as text; null for a key that is not there. */
export async function versionConflict(
  on: Queryable,
  ref: StateRef & { readonly expectedVersion?: bigint | null | undefined },
  options?: QueryOptions,
): Promise<ClientError> {
  const expected = ref.expectedVersion ?? null;
  const actual = await on.maybeOneFirst(liveVersion(ref), options);
  const wanted = expected === null ? "was expected not to exist" : `was expected at version ${expected}`;
  const found = actual === null ? "does not exist" : `is at version ${actual}`;
  return new ClientError("VERSION_CONFLICT", `${nameOfKey(ref)} ${wanted} and ${found}`, {
    hint: "Read the value again, decide anew, and write with its version.",
    details: {
      agentId: ref.agentId,
      stateKey: ref.stateKey,
      expectedVersion: expected?.toString() ?? null,
      actualVersion: actual?.toString() ?? null,
    },
  });
}
