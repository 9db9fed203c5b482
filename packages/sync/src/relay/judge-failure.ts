import { classifyJetStreamError, isSmithError } from "@mister-smith/errors";

/** What is known of an event that could not be delivered. */
export interface FailedDelivery {
  readonly error: unknown;
  /** How often it was tried, this time included. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Others of its kind were delivered since it failed first: it is not the server that is at fault. */
  readonly othersPass: boolean;
}

/** What is done about it. */
export type FailureVerdict =
  | { readonly do: "retry" }
  | { readonly do: "park"; readonly code: string; readonly text: string };

/** Decides what becomes of an event that could not be delivered. */
export function judgeFailure({ error, attempts, maxAttempts, othersPass }: FailedDelivery): FailureVerdict {
  const text = error instanceof Error ? error.message : String(error);
  if (isPermanent(error)) return { do: "park", code: codeOf(error), text };
  // While nothing passes, the stream, the bucket or the server is away: that says nothing of the event.
  if (!othersPass || attempts < maxAttempts) return { do: "retry" };
  return { do: "park", code: "ATTEMPTS_EXHAUSTED", text: `not delivered in ${attempts} attempts: ${text}` };
}

/** The pause before the next attempt, in milliseconds. */
export function retryDelayMs(
  attempts: number,
  longestMs: number,
  random: () => number = Math.random,
): number {
  return Math.min(longestMs, 50 * 2 ** Math.min(attempts, 20)) * (1 - random() / 4);
}

// Names of the client library's own errors: it refuses to send these at all.
const neverSent: ReadonlySet<string> = new Set(["InvalidSubjectError", "InvalidArgumentError"]);

function isPermanent(error: unknown): boolean {
  if (isTooLarge(error)) return true;
  if (isSmithError(error)) return error.code === "INVALID_INPUT";
  return error instanceof Error && neverSent.has(error.name);
}

function codeOf(error: unknown): string {
  return isTooLarge(error) ? "TOO_LARGE" : "REFUSED";
}

/** Also behind an error of ours. */
function isTooLarge(error: unknown): boolean {
  return classifyJetStreamError(isSmithError(error) ? error.cause : error) === "too-large";
}
