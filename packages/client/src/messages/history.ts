import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import { exactTime, type TimePosition, timePosition } from "../page/time-position.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Message, message } from "./message.ts";
import { type MessageFilter, meetsFilter, messageFilter } from "./message-filter.ts";
import { afterPosition, inOrder, type TimeOrder } from "./time-order.ts";

/** Which messages of the log, and in which order. */
export interface HistoryOptions extends MessageFilter {
  /** Default: `oldest`. */
  readonly order?: TimeOrder | undefined;
}
/** Which messages of the log, page by page. */
export interface ListMessagesOptions extends MessageFilter, PageOptions {
  /** Default: `newest`. */
  readonly order?: TimeOrder | undefined;
}

const order = z.enum(["newest", "oldest"]);
const historyOptions = z.strictObject({ ...messageFilter, order: order.default("oldest") });
const listOptions = z.strictObject({ ...messageFilter, ...pageOptions, order: order.default("newest") });
const kinds: Readonly<Record<TimeOrder, CursorKind<TimePosition>>> = {
  newest: { list: "messages, newest first", position: timePosition },
  oldest: { list: "messages, oldest first", position: timePosition },
};
const time = sql.fragment`l.sent_at`;
const id = sql.fragment`l.message_id`;

/** Messages of the log one after the other, however many there are. See `Messages.history`. */
export function history(on: Executor, which: HistoryOptions, options?: QueryOptions): AsyncIterable<Message> {
  const given = parseInput(historyOptions, which, "the history");
  return on.read.stream(
    sql.type(message.row)`
      SELECT ${message.columns("l")}
      FROM messages.log AS l
      WHERE ${meetsFilter(given)}
      ORDER BY ${inOrder(given.order, time, id)}
    `,
    options,
  );
}

/** Messages of the log, page by page. See `Messages.list`. */
export async function listMessages(
  on: Executor,
  which: ListMessagesOptions = {},
  options?: QueryOptions,
): Promise<Page<Message>> {
  const { limit, cursor, ...given } = parseInput(listOptions, which, "the messages");
  const kind = kinds[given.order];
  const rows = await on.read.any(
    sql.type(message.row.extend({ exactTime: z.string() }))`
      SELECT ${message.columns("l")}, ${exactTime(time)} AS "exactTime"
      FROM messages.log AS l
      WHERE ${meetsFilter(given)} AND ${afterPosition(given.order, readCursor(kind, cursor), time, id)}
      ORDER BY ${inOrder(given.order, time, id)}
      LIMIT ${limit + 1}
    `,
    options,
  );
  return pageOf(
    kind,
    rows,
    limit,
    (last): TimePosition => [last.exactTime, last.messageId],
    ({ exactTime: _, ...shown }) => shown,
  );
}
