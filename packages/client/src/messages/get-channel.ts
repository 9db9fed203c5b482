import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Channel, channel } from "./channel.ts";
import { type ChannelReference, channelReference, isChannel } from "./channel-reference.ts";

/** The channel, or null. May be answered by a replica. */
export async function getChannel(
  on: Executor,
  reference: ChannelReference,
  options?: QueryOptions,
): Promise<Channel | null> {
  const which = parseInput(channelReference, reference, "the channel");
  return await on.read.maybeOne(
    sql.type(channel.row)`
      SELECT ${channel.columns("c")} FROM messages.channels AS c WHERE ${isChannel(which)}
    `,
    options,
  );
}
