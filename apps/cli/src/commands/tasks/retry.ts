import { defineCommand } from "../../command/define-command.ts";
import { outcomesResult } from "../../output/outcomes-result.ts";
import { changeOutcome } from "../../tasks/change-outcome.ts";
import { taskIdsArgument, taskIdsInput } from "../../tasks/hold-tasks.ts";

export default defineCommand({
  description: `Has tasks tried now, whatever held them up: one that waits for its next attempt, or for its time, need not wait
any longer; one that failed for good or was cancelled begins anew with all its retries. One that waits for other tasks
waits on, and one that runs, is paused or completed stays as it is.

\`smith tasks redrive\` only takes those that failed or were cancelled, and can take all of a type.`,
  arguments: taskIdsArgument,
  examples: [
    { run: "smith tasks retry 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11", does: "try again without waiting" },
  ],
  exitCodes: {
    failed: "one of them runs, waits for others, is paused or completed; the others are tried",
    "not-found": "one of them does not exist; the others are tried",
    unreachable: "",
  },
  related: ["tasks redrive", "tasks resume", "tasks show"],
  input: taskIdsInput,
  async run(context, { taskId: ids }) {
    const [{ withDatabase }, { retryTasks }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("../../tasks/retry-tasks.ts"),
    ]);
    const tasks = await withDatabase(context, "retry the tasks", (database) =>
      retryTasks(database, ids, context.signal),
    );
    return outcomesResult(context, {
      what: "task",
      outcomes: tasks.map((one) => changeOutcome(one, ["redriven", "ready now"])),
      data: { tasks },
    });
  },
});
