import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { choicesInput } from "../../input/choices-input.ts";
import { idInput } from "../../input/id-input.ts";
import { pageInput, pageOptions } from "../../input/page-input.ts";
import { pageResult } from "../../output/page-result.ts";
import { taskTable } from "../../tasks/task-table.ts";
import { taskPriorities, taskStatuses } from "../../tasks/task-words.ts";

export default defineCommand({
  description: `Shows tasks, the newest first: by their ids, which grow with time where the client made them. Filters narrow each
other. It changes nothing.

The queue also holds what is long done, and by most filters all of it is read: on a large one ask \`smith tasks running\`,
\`smith tasks backlog\` and \`smith tasks dead\` first, which are quick whatever the size.`,
  options: [
    { flags: "--type <type>", description: "only tasks of this type" },
    {
      flags: "--status <statuses>",
      description: `only tasks of these statuses, apart by commas: ${taskStatuses.join(", ")}`,
      complete: taskStatuses,
    },
    {
      flags: "--priority <priorities>",
      description: `only tasks of these priorities, apart by commas: ${taskPriorities.join(", ")}`,
      complete: taskPriorities,
    },
    { flags: "--agent <id>", description: "only tasks that are for this agent alone" },
    { flags: "--created-by <id>", description: "only tasks that this agent created" },
    { flags: "--parent <id>", description: "only tasks below this task" },
    { flags: "--order-key <key>", description: "only tasks with this order key" },
    { flags: "--unique-key <key>", description: "only tasks with this unique key" },
    ...pageOptions,
  ],
  examples: [
    { run: "smith tasks list --status pending,queued --type report", does: "see what of a type waits" },
    { run: "smith tasks list --priority critical,urgent", does: "see the urgent ones" },
    { run: "smith tasks list --status failed --json | jq -r '.tasks[].taskId'", does: "get ids alone" },
  ],
  exitCodes: { failed: "the role may not look, or the statement took too long", unreachable: "" },
  related: ["tasks show", "tasks backlog", "tasks running", "tasks dead"],
  input: z.strictObject({
    ...pageInput,
    type: z.string().optional(),
    status: choicesInput(taskStatuses).optional(),
    priority: choicesInput(taskPriorities).optional(),
    agent: idInput.optional(),
    createdBy: idInput.optional(),
    parent: idInput.optional(),
    orderKey: z.string().min(1, "expected a key").optional(),
    uniqueKey: z.string().min(1, "expected a key").optional(),
  }),
  async run(context, { type, status, priority, agent, createdBy, parent, ...rest }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const filter = {
      taskTypes: type === undefined ? undefined : [type],
      statuses: status,
      priorities: priority,
      assignedAgentId: agent,
      createdByAgentId: createdBy,
      parentTaskId: parent,
      ...rest,
    };
    using _progress = context.progress("listing the tasks");
    const page = await withDatabase(context, "list the tasks", ({ tasks }) =>
      tasks.find(filter, { signal: context.signal }),
    );
    return pageResult(context, {
      ...page,
      name: "tasks",
      lines: (tasks) => taskTable(tasks, context.colours),
      empty: "no task is like that",
    });
  },
});
