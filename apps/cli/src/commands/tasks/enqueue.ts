import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { choiceInput } from "../../input/choices-input.ts";
import { durationInput } from "../../input/duration-input.ts";
import { idInput } from "../../input/id-input.ts";
import { jsonInput } from "../../input/json-input.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import { plainJson } from "../../output/plain-json.ts";
import { taskPriorities } from "../../tasks/task-words.ts";

const key = z.string().min(1, "expected 1 to 255 characters").max(255, "expected 1 to 255 characters");

export default defineCommand({
  description: `Enqueues one task, as an application would, and prints its id. A worker that takes the type does it; none is
started here. With a unique key that a task has which has not ended, nothing is enqueued, and that task's id is printed.`,
  arguments: [{ name: "task-type", description: "what kind of task it is" }],
  options: [
    { flags: "--payload <json>", description: "what is to be done; any JSON; default: {}" },
    { flags: "--name <text>", description: "what people call it; default: none" },
    {
      flags: "--priority <priority>",
      description: `${taskPriorities.join(", ")}; default: normal`,
      complete: taskPriorities,
    },
    { flags: "--delay <duration>", description: "not to be started before so long: 10m; default: at once" },
    { flags: "--max-retries <n>", description: "how often it is tried again, 0 to 1000000; default: 3" },
    {
      flags: "--unique-key <key>",
      description: "no second task of the type with this key until it has ended",
    },
    { flags: "--order-key <key>", description: "after the tasks of the type with the same key" },
    { flags: "--agent <id>", description: "the only agent that may do it; default: any" },
  ],
  examples: [
    { run: `smith tasks enqueue report --payload '{"month": "2026-10"}'`, does: "have a report made" },
    { run: "smith tasks enqueue cleanup --unique-key nightly --delay 1h", does: "have it done once, later" },
  ],
  exitCodes: { failed: "", "not-found": "the agent is not registered", unreachable: "" },
  related: ["tasks show", "tasks cancel"],
  input: z.strictObject({
    taskType: z.string().min(1, "expected 1 to 100 characters").max(100, "expected 1 to 100 characters"),
    payload: jsonInput.optional(),
    name: z.string().max(255, "at most 255 characters").optional(),
    priority: choiceInput(taskPriorities).optional(),
    delay: durationInput.optional(),
    maxRetries: wholeNumberInput(0, 1_000_000).optional(),
    uniqueKey: key.optional(),
    orderKey: key.optional(),
    agent: idInput.optional(),
  }),
  async run(context, { name, delay, agent, ...given }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const task = { ...given, taskName: name, delayMs: delay, assignedAgentId: agent };
    const enqueued = await withDatabase(context, "enqueue the task", ({ tasks }) =>
      tasks.enqueue(task, { signal: context.signal }),
    );
    if (!enqueued.isNew) context.note("nothing was enqueued: this task has the unique key already");
    return { data: plainJson(enqueued), text: enqueued.taskId };
  },
});
