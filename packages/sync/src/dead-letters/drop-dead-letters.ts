import { type Database, type QueryOptions, sql } from "@mister-smith/client";
import { z } from "zod";
import { dropParkedEvent } from "../relay/outbox-changes.ts";

/** What became of a dead letter that was to be dropped. */
export interface DroppedDeadLetter {
  readonly deadLetterId: number;
  readonly outcome: "dropped" | "missing";
}

const idRow = z.object({ id: z.union([z.int(), z.string(), z.bigint()]).transform(Number) });

/**
 * Removes dead letters for good. One of the relay takes its event with it unless it was retried: that is never
 * published, and those that wait behind it are. The others only forget what was given up: the stores stay as they are.
 *
 * @throws what the database throws; those before it are gone
 */
export async function dropDeadLetters(
  { background }: Pick<Database, "background">,
  deadLetterIds: readonly number[],
  options: QueryOptions = {},
): Promise<readonly DroppedDeadLetter[]> {
  const asked = sql.array([...deadLetterIds], "int8");
  // The event of one that was retried is under way, or another dead letter.
  const gone = new Set(
    await background.anyFirst(
      sql.type(idRow)`
        DELETE FROM sync.dead_letters AS d
        WHERE d.dead_letter_id = ANY (${asked}) AND (d.pipe <> 'relay' OR d.retried_at IS NOT NULL)
        RETURNING d.dead_letter_id AS id
      `,
      options,
    ),
  );
  const events = await background.anyFirst(
    sql.type(idRow)`
      SELECT d.dead_letter_id AS id FROM sync.dead_letters AS d
      WHERE d.dead_letter_id = ANY (${asked}) AND d.pipe = 'relay'
      ORDER BY d.dead_letter_id
    `,
    options,
  );
  for (const deadLetterId of events) {
    await dropParkedEvent(background, { ...options, deadLetterId });
    gone.add(deadLetterId);
  }
  return deadLetterIds.map((deadLetterId) => ({
    deadLetterId,
    outcome: gone.has(deadLetterId) ? "dropped" : "missing",
  }));
}
