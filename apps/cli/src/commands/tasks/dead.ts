import type { DeadLetter } from "@mister-smith/client";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { pageInput, pageOptions } from "../../input/page-input.ts";
import type { Colours } from "../../output/colours.ts";
import { pageResult } from "../../output/page-result.ts";
import { shortText } from "../../output/safe-text.ts";
import { stackedTable } from "../../output/stacked-table.ts";
import { utcText } from "../../output/utc-text.ts";

export default defineCommand({
  description: `Shows the tasks that failed for good, the last one first, with the error of the last attempt. They stay until
they are redriven or pruned. It changes nothing.`,
  options: [{ flags: "--type <type>", description: "only tasks of this type" }, ...pageOptions],
  examples: [
    { run: "smith tasks dead", does: "see what failed last" },
    {
      run: "smith tasks dead --json | jq -r '.tasks[].errorMessage' | sort | uniq -c",
      does: "see which errors are frequent",
    },
  ],
  exitCodes: { failed: "", unreachable: "" },
  related: ["tasks show", "tasks redrive", "tasks backlog"],
  input: z.strictObject({ ...pageInput, type: z.string().optional() }),
  async run(context, { type, limit, cursor }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const taskTypes = type === undefined ? undefined : [type];
    const page = await withDatabase(context, "list the dead tasks", ({ tasks }) =>
      tasks.deadLetters({ taskTypes, limit, cursor }, { signal: context.signal }),
    );
    return pageResult(context, {
      ...page,
      name: "tasks",
      lines: (tasks) => deadTable(tasks, context.colours),
      empty: type === undefined ? "no task is dead" : `no task of type ${type} is dead`,
    });
  },
});

function deadTable(tasks: readonly DeadLetter[], colours: Colours): string[] {
  const rows = tasks.map((task) => ({
    cells: [task.taskId, utcText(task.failedAt), String(task.attempts), shortText(task.taskType, 40)],
    below: shortText(task.errorMessage, 110),
  }));
  return stackedTable(["task", "failed", "attempts", "type"], rows, colours);
}
