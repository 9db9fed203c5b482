import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { count } from "../../output/count.ts";
import { inBatches } from "../../upkeep/in-batches.ts";

export default defineCommand({
  description: `Deletes sessions that have expired. They open nothing anyway, with or without this: it keeps the table small. Run it
regularly, every hour say: two at once are safe, and one that finds nothing to do changes nothing.`,
  examples: [{ run: "smith sessions reap", does: "do the upkeep of the sessions" }],
  exitCodes: { failed: "a statement failed or took too long; what is gone is gone", unreachable: "" },
  related: ["sessions list", "messages reap"],
  input: z.strictObject({}),
  async run(context) {
    const { withDatabase } = await import("../../database/with-database.ts");
    using progress = context.progress("deleting expired sessions");
    const reaped = await withDatabase(context, "reap the sessions", ({ sessions }) =>
      inBatches(
        (limit) => sessions.reap(limit, { signal: context.signal }),
        1000,
        (done) => progress.update(`deleting expired sessions: ${done}`),
      ),
    );
    return { data: { reaped }, text: `${count(reaped, "expired session")} deleted` };
  },
});
