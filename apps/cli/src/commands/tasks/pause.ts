import { defineCommand } from "../../command/define-command.ts";
import { holdTasks, taskIdsArgument, taskIdsInput } from "../../tasks/hold-tasks.ts";

export default defineCommand({
  description: `Holds waiting tasks back until they are resumed. One that runs already stays as it is: cancel it, or let it end.
To hold back all tasks of a type, also those that come, pause the type with \`smith tasks limit\`.`,
  arguments: taskIdsArgument,
  examples: [{ run: "smith tasks pause 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11", does: "hold a task back" }],
  exitCodes: {
    failed: "one of them runs or has ended; the others are paused",
    "not-found": "one of them does not exist; the others are paused",
    unreachable: "",
  },
  related: ["tasks resume", "tasks limit", "tasks cancel"],
  input: taskIdsInput,
  run: (context, { taskId }) => holdTasks(context, taskId, "paused"),
});
