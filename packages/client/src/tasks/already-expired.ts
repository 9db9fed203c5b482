import { ClientError } from "../errors/client-error.ts";
import { violatedConstraint } from "../errors/violated-constraint.ts";
import type { CheckedTask } from "./new-task.ts";

/** The refusal of new tasks as one that would expire before it is there; null when they were refused for something else. */
export function alreadyExpired(tasks: readonly CheckedTask[], error: unknown): ClientError | null {
  if (violatedConstraint(error)?.constraint !== "valid_timing") return null;
  // The server says only that one of them is: then the one that expires first is.
  let first = -1;
  let earliest: Date | undefined;
  for (const [at, { expiresAt }] of tasks.entries()) {
    if (expiresAt === undefined || (earliest !== undefined && expiresAt >= earliest)) continue;
    first = at;
    earliest = expiresAt;
  }
  if (earliest === undefined) return null;
  const when = earliest.toISOString();
  const where = tasks.length === 1 ? "expiresAt" : `[${first}].expiresAt`;
  return new ClientError("INVALID_INPUT", `the tasks to enqueue: ${where} ${when} is not in the future`, {
    hint: "The server's clock decides; give `expiresInMs` to be independent of this machine's.",
    cause: error,
    details: { place: first, expiresAt: when },
  });
}
