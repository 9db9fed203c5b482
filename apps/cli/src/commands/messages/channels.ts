import type { Channel } from "@mister-smith/client";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { choiceInput } from "../../input/choices-input.ts";
import { pageInput, pageOptions } from "../../input/page-input.ts";
import { channelTypes } from "../../messages/message-words.ts";
import type { Colours } from "../../output/colours.ts";
import { pageResult } from "../../output/page-result.ts";
import { shortText } from "../../output/safe-text.ts";
import { table } from "../../output/table.ts";

export default defineCommand({
  description: `Shows the channels that messages go through, by name. A closed one takes no messages; what is in it is still
delivered. It changes nothing.`,
  options: [
    {
      flags: "--type <type>",
      description: `only channels of this type: ${channelTypes.join(", ")}`,
      complete: channelTypes,
    },
    { flags: "--closed", description: "only channels that take no messages" },
    ...pageOptions,
  ],
  examples: [{ run: "smith messages channels --type queue", does: "see the queues" }],
  exitCodes: { failed: "", unreachable: "" },
  related: ["messages list", "messages dead"],
  input: z.strictObject({
    ...pageInput,
    type: choiceInput(channelTypes).optional(),
    closed: z.boolean().default(false),
  }),
  async run(context, { type, closed, limit, cursor }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const which = { channelType: type, isActive: closed ? false : undefined, limit, cursor };
    const page = await withDatabase(context, "list the channels", ({ messages }) =>
      messages.listChannels(which, { signal: context.signal }),
    );
    return pageResult(context, {
      ...page,
      name: "channels",
      lines: (channels) => channelTable(channels, context.colours),
      empty: "no channel is like that",
    });
  },
});

function channelTable(channels: readonly Channel[], colours: Colours): string[] {
  const rows = channels.map((one) => [
    one.channelId,
    one.channelType,
    one.isActive ? "open" : colours.yellow("closed"),
    shortText(one.channelName, 50),
  ]);
  return table(["channel", "type", "takes", "name"], rows, colours);
}
