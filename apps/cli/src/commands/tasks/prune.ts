import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { durationInput } from "../../input/duration-input.ts";
import { count } from "../../output/count.ts";
import { inBatches } from "../../upkeep/in-batches.ts";

export default defineCommand({
  description: `Deletes tasks that ended long ago, completed, failed or cancelled, with their attempts and results; there is no way
back. Tasks that another one names as its parent stay, and those that one waits for. It deletes by the thousand, so that
nobody waits for it; when it is stopped, what is gone is gone. Run it regularly, at a quiet hour: it reads the queue.`,
  options: [
    {
      flags: "--older-than <duration>",
      description: "delete what ended longer ago than this: 30d; must be given",
    },
  ],
  examples: [{ run: "smith tasks prune --older-than 30d", does: "keep a month of tasks" }],
  exitCodes: { failed: "a statement failed or took too long; what is gone is gone", unreachable: "" },
  related: ["tasks list", "partitions maintain"],
  input: z.strictObject({
    olderThan: z
      .string({ error: "--older-than is needed: how long tasks are kept, such as 30d" })
      .pipe(durationInput),
  }),
  async run(context, { olderThan }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    using progress = context.progress("pruning the tasks");
    const pruned = await withDatabase(context, "prune the tasks", ({ tasks }) =>
      inBatches(
        (limit) => tasks.prune({ olderThanMs: olderThan, limit }, { signal: context.signal }),
        1000,
        (gone) => progress.update(`pruning the tasks: ${gone}`),
      ),
    );
    return { data: { pruned }, text: `${count(pruned, "task")} deleted` };
  },
});
