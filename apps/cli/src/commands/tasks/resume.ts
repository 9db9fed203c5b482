import { defineCommand } from "../../command/define-command.ts";
import { holdTasks, taskIdsArgument, taskIdsInput } from "../../tasks/hold-tasks.ts";

export default defineCommand({
  description: "Lets paused tasks go on: they wait for what they waited for before.",
  arguments: taskIdsArgument,
  examples: [{ run: "smith tasks resume 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11", does: "let a task go on" }],
  exitCodes: {
    failed: "one of them is not paused; the others go on",
    "not-found": "one of them does not exist; the others go on",
    unreachable: "",
  },
  related: ["tasks pause", "tasks show"],
  input: taskIdsInput,
  run: (context, { taskId }) => holdTasks(context, taskId, "resumed"),
});
