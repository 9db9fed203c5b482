import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { count } from "../../output/count.ts";

export default defineCommand({
  description: `Puts pending tasks back among those that can be claimed, where they are missing: rows of tasks.ready were deleted
by hand, or a backup was restored without them. It reads the whole queue, and changes nothing when nothing is missing.
\`smith tasks show\` says of a task when this is what it needs.`,
  examples: [{ run: "smith tasks repair", does: "make tasks claimable again" }],
  exitCodes: { failed: "", unreachable: "" },
  related: ["tasks show", "tasks backlog"],
  input: z.strictObject({}),
  async run(context) {
    const { withDatabase } = await import("../../database/with-database.ts");
    using _progress = context.progress("looking through the queue");
    const repaired = await withDatabase(context, "repair the queue", ({ tasks }) =>
      tasks.repair({ signal: context.signal }),
    );
    return {
      data: { repaired },
      text: repaired === 0 ? "nothing was missing" : `${count(repaired, "task")} put back`,
    };
  },
});
