import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import { exactTime, olderThan, type TimePosition, timePosition } from "../page/time-position.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type InboxMessage, inboxColumns, inboxMessage } from "./inbox-message.ts";

/** Whose dead letters. */
export interface DeadLettersOptions extends PageOptions {
  readonly agentId?: string | undefined;
  /** Those of a queue. */
  readonly queueId?: string | undefined;
}

const deadLettersOptions = z.strictObject({
  ...pageOptions,
  agentId: z.guid().optional(),
  queueId: z.guid().optional(),
});

const byTime: CursorKind<TimePosition> = { list: "dead letters", position: timePosition };
const row = inboxMessage.extend({ exactTime: z.string() });

/** Messages that were given up, the last one first. May be answered by a replica. */
export async function deadLetters(
  on: Executor,
  which: DeadLettersOptions = {},
  options?: QueryOptions,
): Promise<Page<InboxMessage>> {
  const { limit, cursor, agentId, queueId } = parseInput(deadLettersOptions, which, "the dead letters");
  const position = readCursor(byTime, cursor);
  const rows = await on.read.any(
    sql.type(row)`
      SELECT ${inboxColumns}, ${exactTime(sql.fragment`d.settled_at`)} AS "exactTime"
      FROM messages.deliveries AS d
      JOIN messages.log AS l ON l.message_id = d.message_id AND l.sent_at = d.sent_at
      WHERE ${sql.and([
        sql.fragment`d.outcome = 'dead'`,
        olderThan(position, sql.fragment`d.settled_at`, sql.fragment`d.delivery_id`),
        agentId !== undefined && sql.fragment`d.agent_id = ${agentId}::UUID`,
        queueId !== undefined && sql.fragment`d.queue_id = ${queueId}::UUID`,
      ])}
      ORDER BY d.settled_at DESC, d.delivery_id DESC
      LIMIT ${limit + 1}
    `,
    options,
  );
  return pageOf(
    byTime,
    rows,
    limit,
    (last): TimePosition => [last.exactTime, last.deliveryId],
    ({ exactTime: _, ...message }) => message,
  );
}
