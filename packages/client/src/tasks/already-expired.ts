import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { violatedConstraint } from "../errors/violated-constraint.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import type { CheckedTask } from "./new-task.ts";

/** The refusal of new tasks as one that would expire before it is there; null when they were refused for something else. */
export function alreadyExpired(tasks: readonly CheckedTask[], error: unknown): ClientError | null {
  if (violatedConstraint(error)?.constraint !== "valid_timing") return null;
  // The server says only that one of them is: then the one that expires first is.
  const first = firstToExpire(tasks);
  return first === null ? null : refusal(tasks, first, error);
}

/**
 * Refuses new tasks of which one would expire before it is there, before the server does it with their whole transaction.
 *
 * @throws ClientError `INVALID_INPUT`
 */
export async function refuseExpired(
  on: Pick<Executor, "write">,
  tasks: readonly CheckedTask[],
  options?: QueryOptions,
): Promise<void> {
  const first = firstToExpire(tasks);
  if (first === null) return;
  // Not their `created_at`: the transaction may have begun long ago.
  const now = await on.write.oneFirst(
    sql.type(z.object({ now: z.date() }))`SELECT pg_catalog.clock_timestamp() AS "now"`,
    options,
  );
  if (first.expiresAt <= now) throw refusal(tasks, first);
}

interface Expiring {
  readonly place: number;
  readonly expiresAt: Date;
}

function firstToExpire(tasks: readonly CheckedTask[]): Expiring | null {
  let first: Expiring | null = null;
  for (const [place, { expiresAt }] of tasks.entries()) {
    if (expiresAt === undefined || (first !== null && expiresAt >= first.expiresAt)) continue;
    first = { place, expiresAt };
  }
  return first;
}

function refusal(
  tasks: readonly CheckedTask[],
  { place, expiresAt }: Expiring,
  cause?: unknown,
): ClientError {
  const when = expiresAt.toISOString();
  const where = tasks.length === 1 ? "expiresAt" : `[${place}].expiresAt`;
  return new ClientError("INVALID_INPUT", `the tasks to enqueue: ${where} ${when} is not in the future`, {
    hint: "The server's clock decides; give `expiresInMs` to be independent of this machine's.",
    cause,
    details: { place, expiresAt: when },
  });
}
