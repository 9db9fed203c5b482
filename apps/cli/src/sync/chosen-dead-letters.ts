import type { Database } from "@mister-smith/client";
import { listDeadLetters } from "@mister-smith/sync";
import type { DeadLetterChoice } from "./dead-letter-choice.ts";

/** The numbers of those that are meant, the oldest first. What is parked meanwhile is not among them. */
export async function chosenIds(
  database: Database,
  { id = [], pipe, all, retried = false }: DeadLetterChoice & { readonly retried?: boolean },
  signal: AbortSignal,
): Promise<readonly number[]> {
  if (!all) return id;
  const ids: number[] = [];
  let cursor: number | null = null;
  do {
    const page = await listDeadLetters(
      database,
      { pipe, includeRetried: retried, order: "oldest", limit: 1_000, cursor },
      { signal },
    );
    ids.push(...page.items.map(({ deadLetterId }) => deadLetterId));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids;
}
