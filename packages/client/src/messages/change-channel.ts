import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { textInput } from "../text/text-input.ts";
import { type Channel, channel } from "./channel.ts";
import { type ChannelReference, channelReference, isChannel, noChannel } from "./channel-reference.ts";

/** What is to be otherwise; what is left out stays. */
export interface ChannelChanges {
  /** Whether it takes messages. What is in it is delivered all the same. */
  readonly isActive?: boolean | undefined;
  /** What it is for; null for nothing. */
  readonly description?: string | null | undefined;
  /** What the application keeps with it, all of it anew; a JSON object. */
  readonly configuration?: Readonly<Record<string, JsonInput>> | undefined;
}

const channelChanges = z.strictObject({
  isActive: z.boolean().optional(),
  description: textInput().nullish(),
  configuration: z.record(z.string(), z.unknown()).optional(),
});

/**
 * Closes a channel, opens it again, describes it.
 *
 * @throws ClientError `NOT_FOUND` when there is no such channel; `INVALID_INPUT`
 */
export async function changeChannel(
  on: Executor,
  reference: ChannelReference,
  changes: ChannelChanges,
  options?: QueryOptions,
): Promise<Channel> {
  const which = parseInput(channelReference, reference, "the channel");
  const { isActive, description, configuration } = parseInput(
    channelChanges,
    changes,
    "the changes to the channel",
  );
  const stored =
    configuration === undefined ? null : jsonText(configuration, "the configuration of the channel");
  const changed = await on.write.maybeOne(
    sql.type(channel.row)`
      UPDATE messages.channels AS c
      SET
        is_active = COALESCE(${isActive ?? null}, c.is_active),
        description = CASE WHEN ${description === undefined} THEN c.description ELSE ${description ?? null} END,
        configuration = COALESCE(${stored}::JSONB, c.configuration)
      WHERE ${isChannel(which)}
      RETURNING ${channel.columns("c")}
    `,
    { ...options, idempotent: true },
  );
  if (changed === null) throw noChannel(which);
  return changed;
}
