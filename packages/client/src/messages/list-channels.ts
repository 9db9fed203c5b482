import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Channel, type ChannelType, channel } from "./channel.ts";

/** Which channels. */
export interface ListChannelsOptions extends PageOptions {
  readonly channelType?: ChannelType | undefined;
  /** Only those that take messages, or only those that do not. Default: both. */
  readonly isActive?: boolean | undefined;
}

const listChannelsOptions = z.strictObject({
  ...pageOptions,
  channelType: z.enum(["broadcast", "direct", "topic", "queue"]).optional(),
  isActive: z.boolean().optional(),
});

const byName: CursorKind<[string]> = { list: "channels", position: z.tuple([z.string()]) };

/** Channels in the order of their names. May be answered by a replica. */
export async function listChannels(
  on: Executor,
  which: ListChannelsOptions = {},
  options?: QueryOptions,
): Promise<Page<Channel>> {
  const { limit, cursor, channelType, isActive } = parseInput(listChannelsOptions, which, "the channels");
  const [after] = readCursor(byName, cursor) ?? [];
  const rows = await on.read.any(
    sql.type(channel.row)`
      SELECT ${channel.columns("c")}
      FROM messages.channels AS c
      WHERE ${sql.and([
        after !== undefined && sql.fragment`c.channel_name > ${after}`,
        channelType !== undefined && sql.fragment`c.channel_type = ${channelType}`,
        isActive !== undefined && sql.fragment`c.is_active = ${isActive}`,
      ])}
      ORDER BY c.channel_name
      LIMIT ${limit + 1}
    `,
    options,
  );
  return pageOf(
    byName,
    rows,
    limit,
    (row) => [row.channelName],
    (row) => row,
  );
}
