import { defineCommand } from "../../command/define-command.ts";
import { outcomesResult } from "../../output/outcomes-result.ts";
import { changeOutcome } from "../../tasks/change-outcome.ts";
import { taskIdsArgument, taskIdsInput } from "../../tasks/hold-tasks.ts";

export default defineCommand({
  description: `Cancels tasks. Those that wait are cancelled at once; the workers of those that run are asked to stop, and the
task is cancelled when its worker has stopped or its lease has run out. Tasks that wait for a cancelled one are
cancelled too, go on or wait, as they were enqueued.

\`smith tasks redrive\` begins anew with a cancelled task.`,
  arguments: taskIdsArgument,
  examples: [
    { run: "smith tasks cancel 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11", does: "stop a task" },
    {
      run: "smith tasks cancel $(smith tasks list --status pending --type report --json | jq -r '.tasks[].taskId')",
      does: "cancel what of a type waits",
    },
  ],
  exitCodes: {
    failed: "one of them has completed or failed already; the others were cancelled",
    "not-found": "one of them does not exist; the others were cancelled",
    unreachable: "",
  },
  related: ["tasks pause", "tasks redrive", "tasks show"],
  input: taskIdsInput,
  async run(context, { taskId: ids }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const tasks = await withDatabase(context, "cancel the tasks", (database) =>
      database.tasks.cancel(ids, { signal: context.signal }),
    );
    const done = ["cancelled", "requested", "already cancelled"];
    return outcomesResult(context, {
      what: "task",
      outcomes: tasks.map((one) => changeOutcome(one, done)),
      data: { tasks },
    });
  },
});
