import { ClientError } from "../../errors/client-error.ts";
import { sql } from "../../statement/sql.ts";
import type { TaskClaim } from "../claimed-task.ts";
import { withLockWait } from "./end-options.ts";

/** The most attempts of one statement. */
export const maxAttempts = 10_000;

/**
 * The first two arguments of the functions that end attempts: tasks and fencing tokens.
 *
 * @param lockWaitMs how long the function may wait for a lock; see `EndOptions`
 * @throws ClientError `INVALID_INPUT` when an attempt is listed twice: it can end once only
 */
export function claimColumns(claims: readonly TaskClaim[], lockWaitMs?: number) {
  if (claims.length > maxAttempts)
    throw new ClientError("INVALID_INPUT", `${claims.length} attempts are more than ${maxAttempts}`, {
      hint: "Split the list.",
    });
  let taskIds = "";
  let fencingTokens = "";
  const seen = new Set<string>();
  for (let at = 0; at < claims.length; at += 1) {
    const { taskId, fencingToken } = claims[at] as TaskClaim;
    const attempt = `${taskId.toLowerCase()}/${fencingToken}`;
    if (seen.has(attempt))
      throw new ClientError("INVALID_INPUT", `attempt ${fencingToken} of task ${taskId} is listed twice`, {
        hint: "List each attempt once: it can end once only.",
        details: { taskId },
      });
    seen.add(attempt);
    taskIds += at === 0 ? taskId : `,${taskId}`;
    fencingTokens += at === 0 ? fencingToken : `,${fencingToken}`;
  }
  // Written here: UUIDs and numbers need no quotes, which both sides would look at for each of thousands.
  const tasks = withLockWait(sql.fragment`${`{${taskIds}}`}::UUID[]`, lockWaitMs);
  return sql.fragment`${tasks}, ${`{${fencingTokens}}`}::INT8[]`;
}

/** A further column of the same length, or NULL when no attempt says anything of it. */
export function optionalColumn<Attempt>(
  attempts: readonly Attempt[],
  type: "uuid" | "jsonb" | "int8" | "bool",
  columnOf: (attempt: Attempt) => string | number | boolean | undefined,
) {
  let isGiven = false;
  const values = attempts.map((attempt) => {
    const value = columnOf(attempt);
    if (value === undefined) return null;
    isGiven = true;
    return value;
  });
  return isGiven ? sql.fragment`${sql.array(values, type)}` : sql.fragment`NULL`;
}
