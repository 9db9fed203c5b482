import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { idInput } from "../../input/id-input.ts";
import { plainJson } from "../../output/plain-json.ts";
import { taskText } from "../../tasks/task-text.ts";

export default defineCommand({
  description: `Shows one task with all that is stored about it: in words why it runs or does not, who has it and how far it
is, its attempts with their errors, what it waits for and who waits for it. It changes nothing.`,
  arguments: [{ name: "task-id", description: "the task" }],
  examples: [
    { run: "smith tasks show 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11", does: "learn why a task does not run" },
    {
      run: "smith tasks show 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11 --json | jq -r .why",
      does: "get the reason alone",
    },
  ],
  exitCodes: { failed: "", "not-found": "no task has this id", unreachable: "" },
  related: ["tasks list", "tasks retry", "tasks cancel"],
  input: z.strictObject({ taskId: idInput }),
  async run(context, { taskId }) {
    const [{ withDatabase }, { readTask }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("../../tasks/read-task.ts"),
    ]);
    const report = await withDatabase(context, "read the task", (database) =>
      readTask(database, taskId, context.signal),
    );
    return { data: plainJson(report), text: taskText(report, context.colours) };
  },
});
