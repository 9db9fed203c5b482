import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { choiceInput } from "../../input/choices-input.ts";
import { idInput } from "../../input/id-input.ts";
import { momentInput } from "../../input/moment-input.ts";
import { pageInput, pageOptions } from "../../input/page-input.ts";
import { findChannel } from "../../messages/find-channel.ts";
import { messageTable } from "../../messages/message-table.ts";
import { messageTypes } from "../../messages/message-words.ts";
import { pageResult } from "../../output/page-result.ts";

const dayMs = 86_400_000;

export default defineCommand({
  description: `Shows messages of the log, the newest first: who said what to whom. Filters narrow each other. It changes nothing.

The log has a partition a day, and days outside of --since and --until are not read. Without either, and without
--correlation, it shows the last 24 hours.`,
  options: [
    { flags: "--channel <channel>", description: "only messages through this channel, by its name or id" },
    { flags: "--from <id>", description: "only messages that this agent sent" },
    {
      flags: "--to <id>",
      description: "only messages to this agent alone; broadcasts and topics are not among them",
    },
    {
      flags: "--type <type>",
      description: `only messages of this type: ${messageTypes.join(", ")}`,
      complete: messageTypes,
    },
    {
      flags: "--correlation <id>",
      description: "only messages of this conversation: a request and its answers",
    },
    {
      flags: "--since <time>",
      description: "only messages sent then or later: a UTC time, a day, or so long ago: 2h",
    },
    { flags: "--until <time>", description: "only messages sent before" },
    { flags: "--oldest-first", description: "begin with the oldest" },
    ...pageOptions,
  ],
  examples: [
    { run: "smith messages list --since 15m", does: "see what was said just now" },
    { run: "smith messages list --type error --since 2026-11-23", does: "see the errors of a day" },
    {
      run: "smith messages list --channel build.events --json | jq '.messages[].payload'",
      does: "read a channel",
    },
  ],
  exitCodes: { failed: "", "not-found": "there is no such channel", unreachable: "" },
  related: ["messages show", "messages channels", "messages dead"],
  input: z.strictObject({
    ...pageInput,
    channel: z
      .string()
      .min(1, "expected the name or the id of a channel")
      .max(255, "at most 255 characters")
      .optional(),
    from: idInput.optional(),
    to: idInput.optional(),
    type: choiceInput(messageTypes).optional(),
    correlation: idInput.optional(),
    since: momentInput.optional(),
    until: momentInput.optional(),
    oldestFirst: z.boolean().default(false),
  }),
  async run(context, { channel, from, to, type, correlation, since, until, oldestFirst, limit, cursor }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const isOpen = since === undefined && until === undefined && correlation === undefined;
    const options = { signal: context.signal };
    const page = await withDatabase(context, "list the messages", async (database) =>
      database.messages.list(
        {
          channelId: channel && (await findChannel(database, channel, context.signal)).channelId,
          fromAgentId: from,
          toAgentId: to,
          messageType: type,
          correlationId: correlation,
          since: isOpen ? new Date(Date.now() - dayMs) : since,
          until,
          order: oldestFirst ? "oldest" : "newest",
          limit,
          cursor,
        },
        options,
      ),
    );
    return pageResult(context, {
      ...page,
      name: "messages",
      lines: (messages) => messageTable(messages, context.colours),
      empty: isOpen
        ? "no message of the last 24 hours is like that; --since looks further back"
        : "no message is like that",
    });
  },
});
