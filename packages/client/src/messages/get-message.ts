import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { writtenTime } from "../time/time-input.ts";
import { type Message, message } from "./message.ts";

/** Names a message. `sentAt` leads to its day; without it every day is looked into. */
export interface MessageReference {
  readonly messageId: string;
  readonly sentAt?: Date | undefined;
}

const messageReference = z.object({ messageId: z.guid(), sentAt: writtenTime.optional() });

/** A message of the log, or null. May be answered by a replica. */
export async function getMessage(
  on: Executor,
  reference: MessageReference,
  options?: QueryOptions,
): Promise<Message | null> {
  const { messageId, sentAt } = parseInput(messageReference, reference, "the message");
  return await on.read.maybeOne(messageStatement(messageId, sentAt), options);
}

/** The statement, for those who look at its plan. */
export function messageStatement(messageId: string, sentAt: Date | undefined) {
  // A Date has milliseconds, the log microseconds.
  return sql.type(message.row)`
    SELECT ${message.columns("l")}
    FROM messages.log AS l
    WHERE ${sql.and([
      sql.fragment`l.message_id = ${messageId}::UUID`,
      sentAt !== undefined &&
        sql.fragment`l.sent_at >= ${sentAt.toISOString()}::TIMESTAMPTZ
          AND l.sent_at < ${sentAt.toISOString()}::TIMESTAMPTZ + INTERVAL '1 millisecond'`,
    ])}
  `;
}
