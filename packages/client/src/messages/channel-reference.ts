import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import { textInput } from "../text/text-input.ts";

/** Names a channel, by either. */
export type ChannelReference = { readonly channelId: string } | { readonly channelName: string };

/** The zod schema of {@link ChannelReference}; a channel has more, which is left aside. */
export const channelReference = z.union(
  [z.object({ channelId: z.guid() }), z.object({ channelName: textInput(255) })],
  { error: "neither a channelId, which is a UUID, nor a channelName of 1 to 255 characters" },
);

/** The condition that a row of `messages.channels AS c` is the one. */
export function isChannel(reference: ChannelReference): SqlFragment {
  return "channelId" in reference
    ? sql.fragment`c.channel_id = ${reference.channelId}::UUID`
    : sql.fragment`c.channel_name = ${reference.channelName}`;
}

/** The error for a channel that does not exist. */
export function noChannel(reference: ChannelReference): ClientError {
  const name = "channelId" in reference ? reference.channelId : JSON.stringify(reference.channelName);
  return new ClientError("NOT_FOUND", `channel ${name} does not exist`, {
    hint: "Open it with `messages.openChannel`.",
    details: { ...reference },
  });
}
