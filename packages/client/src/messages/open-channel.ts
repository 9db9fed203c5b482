import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { textInput } from "../text/text-input.ts";
import { type Channel, type ChannelType, channel } from "./channel.ts";

/** A channel to open. */
export interface OpenChannelInput {
  /** Unique; at most 255 characters. */
  readonly channelName: string;
  readonly channelType: ChannelType;
  /** What it is for. */
  readonly description?: string | null | undefined;
  /** What the application keeps with it; a JSON object. Default: `{}`. */
  readonly configuration?: Readonly<Record<string, JsonInput>> | undefined;
}

const openChannelInput = z.strictObject({
  channelName: textInput(255),
  channelType: z.enum(["broadcast", "direct", "topic", "queue"]),
  description: textInput().nullish(),
  configuration: z.record(z.string(), z.unknown()).default({}),
});

/**
 * Opens a channel, or finds the one of that name.
 *
 * Any number of programs may open one channel, at once too. What is there stays as it is, its description and
 * configuration included; one that was closed stays closed.
 *
 * @throws ClientError `INVALID_INPUT`; `WRONG_STATUS` when the channel of that name is of another type
 */
export async function openChannel(
  on: Executor,
  input: OpenChannelInput,
  options?: QueryOptions,
): Promise<Channel> {
  const given = parseInput(openChannelInput, input, "the channel to open");
  const opened =
    (await find(on, given.channelName, options)) ??
    (await on.write.maybeOne(
      sql.type(channel.row)`
        INSERT INTO messages.channels AS c (channel_name, channel_type, description, configuration)
        VALUES (
          ${given.channelName}, ${given.channelType}, ${given.description ?? null},
          ${jsonText(given.configuration, "the configuration of the channel")}::JSONB
        )
        ON CONFLICT (channel_name) DO NOTHING
        RETURNING ${channel.columns("c")}
      `,
      { ...options, idempotent: true },
    )) ??
    // Another opened it in this moment: it is visible now.
    (await find(on, given.channelName, options));
  if (opened?.channelType === given.channelType) return opened;
  throw otherType(given.channelName, opened?.channelType, given.channelType);
}

async function find(on: Executor, name: string, options?: QueryOptions): Promise<Channel | null> {
  return await on.write.maybeOne(
    sql.type(channel.row)`
      SELECT ${channel.columns("c")} FROM messages.channels AS c WHERE c.channel_name = ${name}
    `,
    options,
  );
}

function otherType(name: string, is: ChannelType | undefined, wanted: ChannelType): ClientError {
  return new ClientError(
    "WRONG_STATUS",
    `channel ${JSON.stringify(name)} is of type ${is ?? "unknown"}, not ${wanted}`,
    {
      hint: "Choose another name, or open it with the type that it has.",
      details: { channelName: name, channelType: is ?? null },
    },
  );
}
