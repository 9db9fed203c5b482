import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { writtenTime } from "../time/time-input.ts";
import { type Message, message } from "./message.ts";

/** A request as its answers know it. */
export interface RequestReference {
  readonly correlationId: string;
  /** When the request was sent: days before are not read. */
  readonly sentAt?: Date | undefined;
}

/** The zod schema of {@link RequestReference}; a sent request has more, which is left aside. */
export const requestReference = z.object({ correlationId: z.guid(), sentAt: writtenTime.optional() });

/** The answers to a request so far, the first one first; at most 1,000. See `Messages.replies`. */
export async function replies(
  on: Executor,
  to: RequestReference,
  options?: QueryOptions,
): Promise<readonly Message[]> {
  const given = parseInput(requestReference, to, "the request");
  return await on.write.any(
    sql.type(message.row)`
      SELECT ${message.columns("l")}
      FROM messages.log AS l
      WHERE ${isReply(given)}
      ORDER BY l.sent_at, l.message_id
      LIMIT 1000
    `,
    options,
  );
}

/** The condition that a row of `messages.log AS l` answers the request. */
export function isReply({ correlationId, sentAt }: RequestReference) {
  const condition = sql.and([
    sql.fragment`l.correlation_id = ${correlationId}::UUID`,
    sql.fragment`l.message_type IN ('response', 'error')`,
    sentAt !== undefined && sql.fragment`l.sent_at >= ${sentAt.toISOString()}::TIMESTAMPTZ`,
  ]);
  return sql.fragment`${condition}`;
}
