import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { count } from "../../output/count.ts";
import { inBatches } from "../../upkeep/in-batches.ts";

export default defineCommand({
  description: `Settles deliveries that have expired before anybody took them, and deletes deliveries of messages that are older
than the log keeps, whose messages are gone. Expired ones are never handed out, with or without this: it keeps inboxes
and the table small. Run it regularly, every hour say: two at once are safe, and one that finds nothing to do changes
nothing.`,
  examples: [{ run: "smith messages reap", does: "do the upkeep of the inboxes" }],
  exitCodes: { failed: "a statement failed or took too long; what was done stays done", unreachable: "" },
  related: ["messages dead", "sessions reap", "partitions maintain"],
  input: z.strictObject({}),
  async run(context) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const options = { signal: context.signal };
    using progress = context.progress("settling what has expired");
    const data = await withDatabase(context, "look after the deliveries", async ({ messages }) => ({
      expired: await inBatches(
        (limit) => messages.reapExpired(limit, options),
        1000,
        (done) => progress.update(`settling what has expired: ${done}`),
      ),
      purged: await inBatches(
        (limit) => messages.purgeDeliveries(limit, options),
        10_000,
        (done) => progress.update(`deleting what the log has no more: ${done}`),
      ),
    }));
    return {
      data,
      text: `${count(data.expired, "delivery", "deliveries")} expired, ${count(data.purged, "old one")} deleted`,
    };
  },
});
