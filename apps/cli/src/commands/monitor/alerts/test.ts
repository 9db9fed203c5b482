import type { Channel } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import { instanceOf } from "../../../config/instance-of.ts";
import { shortText } from "../../../output/safe-text.ts";
import { table } from "../../../output/table.ts";

export default defineCommand({
  description: `Sends each channel of monitoring.channels a notification that is marked as a test, from this machine, and says whether it has
arrived. smithd tells alerts from its own machine, with the environment that it was started with. No alert is changed, and no
database is needed; a channel of type jetstream needs NATS.`,
  options: [{ flags: "--channel <name>", description: "send it to this one alone" }],
  examples: [
    { run: "smith monitor alerts test", does: "see whether all channels are reached" },
    { run: "smith monitor alerts test --channel pager", does: "see it of one" },
  ],
  exitCodes: {
    ok: "it has arrived everywhere",
    failed: "a channel was not reached; the message says why",
    "not-found": "there is no channel of that name",
  },
  related: ["monitor alerts list", "config"],
  input: z.strictObject({ channel: z.string().optional() }),
  async run(context, { channel: wanted }) {
    const [{ createChannels, notificationText, testNotification }, config] = await Promise.all([
      import("@mister-smith/monitoring"),
      context.config(),
    ]);
    const channels = createChannels(config.values.monitoring.channels, {
      env: context.env,
      publisher: {
        publish: async (subject, bytes, messageId, timeoutMs) => {
          const [{ withNats }, { publishMessage }] = await Promise.all([
            import("../../../sync/with-nats.ts"),
            import("@mister-smith/sync"),
          ]);
          await withNats(context, (link) => publishMessage(link, { subject, bytes, messageId, timeoutMs }));
        },
      },
      log: (told) => context.note(`log: ${notificationText(told)}`),
    });
    const chosen = channels.filter(({ name }) => wanted === undefined || name === wanted);
    if (chosen.length === 0) {
      const { NotFound } = await import("../../../not-found.ts");
      const names = channels.map(({ name }) => name).join(", ");
      throw new NotFound("the channel", String(wanted), `monitoring.channels has ${names}.`);
    }
    const told = testNotification(instanceOf(config), new Date());
    const outcomes = await Promise.all(chosen.map((channel) => tried(channel, () => channel.tell(told))));
    context.signal.throwIfAborted();
    const { colours } = context;
    const rows = outcomes.map(({ channel, type, arrived, error }) => [
      channel,
      type,
      arrived ? colours.green("arrived") : colours.red("failed"),
      shortText(error ?? "", 200),
    ]);
    return {
      data: { key: told.key, channels: outcomes },
      text: table(["channel", "type", "outcome", ""], rows, colours).join("\n"),
      exit: outcomes.every(({ arrived }) => arrived) ? "ok" : "failed",
    };
  },
});

async function tried({ name: channel, type }: Channel, tell: () => Promise<void>) {
  try {
    await tell();
    return { channel, type, arrived: true, error: null };
  } catch (error) {
    return { channel, type, arrived: false, error: error instanceof Error ? error.message : String(error) };
  }
}
