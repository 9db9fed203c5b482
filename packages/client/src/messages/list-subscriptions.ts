import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Subscription, subscription } from "./subscription.ts";

/** Which subscriptions. */
export interface ListSubscriptionsOptions extends PageOptions {
  readonly agentId?: string | undefined;
  readonly channelId?: string | undefined;
}

const listSubscriptionsOptions = z.strictObject({
  ...pageOptions,
  agentId: z.guid().optional(),
  channelId: z.guid().optional(),
});

const byId: CursorKind<[string]> = { list: "subscriptions", position: z.tuple([z.guid()]) };

/** Subscriptions of an agent, to a channel, or all, in the order of their identifiers. May be answered by a replica. */
export async function listSubscriptions(
  on: Executor,
  which: ListSubscriptionsOptions = {},
  options?: QueryOptions,
): Promise<Page<Subscription>> {
  const { limit, cursor, agentId, channelId } = parseInput(
    listSubscriptionsOptions,
    which,
    "the subscriptions",
  );
  const [after] = readCursor(byId, cursor) ?? [];
  const rows = await on.read.any(
    sql.type(subscription.row)`
      SELECT ${subscription.columns("s")}
      FROM messages.subscriptions AS s
      WHERE ${sql.and([
        after !== undefined && sql.fragment`s.subscription_id > ${after}::UUID`,
        agentId !== undefined && sql.fragment`s.agent_id = ${agentId}::UUID`,
        channelId !== undefined && sql.fragment`s.channel_id = ${channelId}::UUID`,
      ])}
      ORDER BY s.subscription_id
      LIMIT ${limit + 1}
    `,
    options,
  );
  return pageOf(
    byId,
    rows,
    limit,
    (row) => [row.subscriptionId],
    (row) => row,
  );
}
