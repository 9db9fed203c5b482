import { type Database, type QueryOptions, sql } from "@mister-smith/client";
import { z } from "zod";
import { deadLetterColumns, deadLetterRow, type WholeDeadLetter } from "./dead-letter.ts";

const wholeRow = deadLetterRow.extend({
  payload: z.instanceof(Uint8Array).nullable(),
  headers: z.record(z.string(), z.coerce.string()),
});

/**
 * One dead letter with its bytes and headers; null when there is none of this number.
 *
 * @throws what the database throws
 */
export function getDeadLetter(
  database: Database,
  deadLetterId: number,
  options?: QueryOptions,
): Promise<WholeDeadLetter | null> {
  return database.write.maybeOne(
    sql.type(wholeRow)`
      SELECT ${deadLetterColumns}, d.payload, d.headers
      FROM sync.dead_letters AS d
      WHERE d.dead_letter_id = ${deadLetterId}
    `,
    options,
  );
}
