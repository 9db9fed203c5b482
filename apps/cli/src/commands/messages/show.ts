import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { idInput } from "../../input/id-input.ts";
import { momentInput } from "../../input/moment-input.ts";
import { messageText } from "../../messages/message-text.ts";
import { NotFound } from "../../not-found.ts";
import { plainJson } from "../../output/plain-json.ts";

export default defineCommand({
  description: `Shows one message with all that is stored about it, and how far it is with each of its recipients (the first 100
of them). It changes nothing. Without --sent-at every day of the log is looked into.`,
  arguments: [{ name: "message-id", description: "the message" }],
  options: [
    { flags: "--sent-at <time>", description: "when it was sent, exactly: only that day is looked into" },
  ],
  examples: [
    {
      run: "smith messages show 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11",
      does: "see what was said and who has it",
    },
  ],
  exitCodes: { failed: "", "not-found": "no message of the log has this id", unreachable: "" },
  related: ["messages list", "messages dead"],
  input: z.strictObject({ messageId: idInput, sentAt: momentInput.optional() }),
  async run(context, { messageId, sentAt }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const options = { signal: context.signal };
    const { message, deliveries } = await withDatabase(context, "read the message", async ({ messages }) => ({
      message: await messages.get({ messageId, sentAt }, options),
      deliveries: await messages.deliveries({ messageId }, options),
    }));
    if (message === null) {
      const hint = "`smith messages list` shows the messages of the last day; the log drops old days.";
      throw new NotFound("message", messageId, hint);
    }
    return {
      data: plainJson({ message, deliveries: deliveries.items, deliveriesCursor: deliveries.nextCursor }),
      text: messageText(message, deliveries, context.colours),
    };
  },
});
