import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { durationInput } from "../../input/duration-input.ts";
import { plainJson } from "../../output/plain-json.ts";

export default defineCommand({
  description: `Watches the system: alerts and what is past its threshold, connections, transactions and locks, replicas, the task queue, how
JetStream and PostgreSQL stand to each other, and the statements that took the most time since the look before. It draws on the whole
terminal until you press q. When a server goes away it says so, and goes on when that is back.

Where the output is no terminal, with --once, or with --json, it looks once and ends; statements then count from where their
statistics begin. Nothing is changed.`,
  options: [
    { flags: "--every <duration>", description: "look so often, 1s to 1h; default: 5s" },
    { flags: "--once", description: "look once, and end" },
  ],
  examples: [
    { run: "smith monitor", does: "watch the system" },
    { run: "smith monitor live --every 1s", does: "watch it closely" },
    { run: "smith monitor live --once", does: "see it once, for a ticket" },
  ],
  exitCodes: { failed: "", unreachable: "PostgreSQL could not be reached at the first look" },
  related: ["monitor check", "monitor slow", "sync status"],
  input: z.strictObject({
    every: durationInput
      .refine((ms) => ms >= 1_000 && ms <= 3_600_000, "expected a duration from 1s to 1h")
      .default(5_000),
    once: z.boolean().default(false),
  }),
  async run(context, { every, once }) {
    const [{ withDatabase }, { createMonitorOn }, { screenReader }, { screenLines }, { liveScreen }] =
      await Promise.all([
        import("../../database/with-database.ts"),
        import("@mister-smith/monitoring"),
        import("../../monitor/screen/read-screen.ts"),
        import("../../monitor/screen/screen-lines.ts"),
        import("../../monitor/screen/live-screen.ts"),
      ]);
    const { terminal, signal, colours } = context;
    return await withDatabase(context, "watch the system", async (database) => {
      await using monitor = createMonitorOn(database);
      const reader = screenReader(context, database, monitor);
      if (terminal !== null && !once) {
        await liveScreen(terminal, reader, { everyMs: every, signal, colours });
        return { data: {}, text: "" };
      }
      const data = await reader.next();
      const size = { columns: terminal?.columns ?? 160, rows: Number.POSITIVE_INFINITY };
      return { data: plainJson(data), text: screenLines(data, size, colours).join("\n") };
    });
  },
});
