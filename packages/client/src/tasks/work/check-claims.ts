import { ClientError } from "../../errors/client-error.ts";
import { shownValue } from "../../errors/shown-value.ts";
import type { TaskClaim } from "../claimed-task.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const largest = 2n ** 63n - 1n;
/** A thousand years: more are a mistake of unit. */
const longestMs = 31_556_952_000_000;

/** What a caller says of an attempt, of whatever kind. */
type GivenAttempt = TaskClaim & {
  readonly executionId?: string | undefined;
  readonly message?: string;
  readonly retryDelayMs?: number | undefined;
  readonly mayRetry?: boolean | undefined;
};

/**
 * Checks what a caller says of attempts. By hand, in one loop: workers end thousands of attempts each second.
 *
 * @param what whose they are, as in "the completions"
 * @throws ClientError `INVALID_INPUT` naming the place and what was given
 */
export function checkClaims(claims: readonly GivenAttempt[], what: string): void {
  if (!Array.isArray(claims)) throw refuse(what, "is not a list", claims);
  for (let at = 0; at < claims.length; at += 1) {
    const claim: GivenAttempt | undefined | null = claims[at];
    const where = (field: string) => `${what}: [${at}]${field}`;
    if (typeof claim !== "object" || claim === null) throw refuse(where(""), "is not an attempt", claim);
    const { taskId, fencingToken, executionId, retryDelayMs, mayRetry } = claim;
    if (!isUuid(taskId)) throw refuse(where(".taskId"), "is not a UUID", taskId);
    if (typeof fencingToken !== "bigint" || fencingToken < 0n || fencingToken > largest)
      throw refuse(where(".fencingToken"), "is not the bigint of a claim", fencingToken);
    if (executionId !== undefined && !isUuid(executionId))
      throw refuse(where(".executionId"), "is not a UUID", executionId);
    if (mayRetry !== undefined && typeof mayRetry !== "boolean")
      throw refuse(where(".mayRetry"), "is not a boolean", mayRetry);
    if (retryDelayMs !== undefined && !isMs(retryDelayMs))
      throw refuse(where(".retryDelayMs"), `is not a whole number from 0 to ${longestMs}`, retryDelayMs);
  }
}

/** Checks the messages of attempts that failed; they are checked as claims already. */
export function checkMessages(failures: readonly GivenAttempt[]): void {
  for (const [at, { message }] of failures.entries()) {
    const where = `the failures: [${at}].message`;
    if (typeof message !== "string") throw refuse(where, "is not text", message);
    if (message.includes("\0")) throw refuse(where, "holds the character U+0000", message);
  }
}

/** Checks for how long leases are to be prolonged. */
export function checkLeaseMs(leaseMs: number): void {
  if (Number.isInteger(leaseMs) && leaseMs >= 1 && leaseMs <= 86_400_000) return;
  const hint = "Give for how long the leases are to be prolonged, in milliseconds; a day at most.";
  throw refuse("leaseMs", "is not a whole number from 1 to 86400000", leaseMs, hint);
}

function isUuid(value: unknown): boolean {
  return typeof value === "string" && uuid.test(value);
}

function isMs(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= longestMs;
}

function refuse(
  where: string,
  fault: string,
  given: unknown,
  hint = "Give back what tasks.claim() returned, with what is to be said of it.",
): ClientError {
  return new ClientError("INVALID_INPUT", `${where} ${fault}: ${shownValue(given, []) || "an object"}`, {
    hint,
  });
}
