import { SyncError } from "../errors/sync-error.ts";
import type { CallOptions } from "./state-entry.ts";

/** A call, with its time settled. */
export interface Call {
  /** By `performance.now()`. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Settles the time of a call that begins now.
 *
 * @throws SyncError `INVALID_INPUT` for a time that is not above 0
 */
export function beginCall(given: CallOptions | undefined, otherwiseMs: number): Call {
  const ms = given?.timeoutMs ?? otherwiseMs;
  if (ms > 0) return { deadline: performance.now() + ms, signal: given?.signal };
  throw new SyncError("INVALID_INPUT", `a call cannot take ${ms} ms`);
}
