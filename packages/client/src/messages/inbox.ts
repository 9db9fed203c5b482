import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import { exactTime, type TimePosition, timePosition } from "../page/time-position.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type InboxMessage, inboxColumns, inboxMessage } from "./inbox-message.ts";
import { afterPosition, inOrder, type TimeOrder } from "./time-order.ts";

/** Which messages of an inbox, and in which order. */
export interface InboxOptions extends PageOptions {
  /** `open`: what is to be dealt with, and has not expired. `settled`: what came to its end. Default: `open`. */
  readonly state?: "open" | "settled" | "all" | undefined;
  /** Default: `newest`. */
  readonly order?: TimeOrder | undefined;
  /** Only messages of this priority or above, 0 to 10. Default: 0. */
  readonly minPriority?: number | undefined;
}

const inboxOptions = z.strictObject({
  ...pageOptions,
  state: z.enum(["open", "settled", "all"]).default("open"),
  order: z.enum(["newest", "oldest"]).default("newest"),
  minPriority: z.int().min(0).max(10).default(0),
});

const kinds: Readonly<Record<TimeOrder, CursorKind<TimePosition>>> = {
  newest: { list: "inbox, newest first", position: timePosition },
  oldest: { list: "inbox, oldest first", position: timePosition },
};

const row = inboxMessage.extend({ exactTime: z.string() });

/** What is in an agent's inbox, page by page; takes nothing out of it. See `Messages.inbox`. */
export async function inbox(
  on: Executor,
  agentId: string,
  which: InboxOptions = {},
  options?: QueryOptions,
): Promise<Page<InboxMessage>> {
  const agent = parseInput(z.guid(), agentId, "the agent");
  const given = parseInput(inboxOptions, which, "the options of inbox");
  const kind = kinds[given.order];
  const rows = await on.read.any(inboxStatement(agent, given, readCursor(kind, given.cursor)), options);
  return pageOf(
    kind,
    rows,
    given.limit,
    (last): TimePosition => [last.exactTime, last.messageId],
    ({ exactTime: _, ...message }) => message,
  );
}

const states = {
  open: sql.fragment`d.settled_at IS NULL
    AND (d.expires_at IS NULL OR d.expires_at > pg_catalog.statement_timestamp())`,
  settled: sql.fragment`d.settled_at IS NOT NULL`,
  all: sql.fragment`TRUE`,
};

/** The statement, for those who look at its plan. */
export function inboxStatement(
  agentId: string,
  { limit, state, order, minPriority }: z.output<typeof inboxOptions>,
  position: TimePosition | null,
) {
  const time = sql.fragment`d.sent_at`;
  const id = sql.fragment`d.message_id`;
  // The page is cut before the messages are fetched: each of them is then looked for in its own day.
  return sql.type(row)`
    SELECT ${inboxColumns}, ${exactTime(time)} AS "exactTime"
    FROM (
      SELECT d.*
      FROM messages.deliveries AS d
      WHERE d.agent_id = ${agentId}::UUID AND ${states[state]} AND d.priority >= ${minPriority}
        AND ${afterPosition(order, position, time, id)}
      ORDER BY ${inOrder(order, time, id)}
      LIMIT ${limit + 1}
    ) AS d
    JOIN messages.log AS l ON l.message_id = d.message_id AND l.sent_at = d.sent_at
    ORDER BY ${inOrder(order, time, id)}
  `;
}
