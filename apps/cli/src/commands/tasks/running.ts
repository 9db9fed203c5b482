import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { listResult } from "../../output/page-result.ts";
import { runningTable } from "../../tasks/running-table.ts";

export default defineCommand({
  description: `Shows the tasks that somebody works on, the longest first: by whom, how far they are, and until when the lease
lasts. A lease that is over means that its worker died or hangs; the next worker that asks for more tasks of the type
than there are, or looks after the queue, takes the task away. It changes nothing.`,
  options: [{ flags: "--type <type>", description: "only tasks of this type" }],
  examples: [
    { run: "smith tasks running", does: "see what is being worked on" },
    {
      run: "smith tasks running --json | jq -r '.tasks[] | [.taskId, .agentId] | @tsv'",
      does: "see who has what",
    },
  ],
  exitCodes: { failed: "", unreachable: "" },
  related: ["tasks show", "tasks cancel", "tasks backlog"],
  input: z.strictObject({ type: z.string().optional() }),
  async run(context, { type }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const running = await withDatabase(context, "list the running tasks", ({ tasks }) =>
      tasks.running({ signal: context.signal }),
    );
    return listResult(context, {
      name: "tasks",
      items: running.filter(({ taskType }) => type === undefined || taskType === type),
      lines: (tasks) => runningTable(tasks, context.colours),
      empty: type === undefined ? "no task runs" : `no task of type ${type} runs`,
    });
  },
});
