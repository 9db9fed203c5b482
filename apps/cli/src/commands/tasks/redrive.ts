import { z } from "zod";
import type { CommandResult } from "../../command/command-result.ts";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import { optionalIdsInput } from "../../input/id-input.ts";
import { count } from "../../output/count.ts";
import { outcomesResult } from "../../output/outcomes-result.ts";
import { changeOutcome } from "../../tasks/change-outcome.ts";
import { UsageError } from "../../usage-error.ts";

export default defineCommand({
  description: `Begins anew with tasks that failed for good or were cancelled, with all their retries. Name them, or take all dead
ones with --all, or those of a type with --type and --all. Tasks that were cancelled because of them stay cancelled:
redrive them too.

A task whose unique key another one has by now stays as it is.`,
  arguments: [
    { name: "task-id", description: "the tasks; none with --all", variadic: true, required: false },
  ],
  options: [
    { flags: "--all", description: "all tasks that failed for good, as `smith tasks dead` shows them" },
    { flags: "--type <type>", description: "with --all: only tasks of this type" },
  ],
  examples: [
    { run: "smith tasks redrive 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11", does: "begin anew with one task" },
    { run: "smith tasks redrive --type report --all", does: "begin anew with all dead tasks of a type" },
  ],
  exitCodes: {
    failed:
      "one of them neither failed nor was cancelled, its unique key is taken, or it would wait for itself; the others begin anew",
    "not-found": "one of them does not exist; the others begin anew",
    unreachable: "",
  },
  related: ["tasks dead", "tasks retry", "tasks show"],
  input: z.strictObject({
    taskId: optionalIdsInput,
    all: z.boolean().default(false),
    type: z.string().optional(),
  }),
  async run(context, { taskId, all, type }) {
    if (all && taskId !== undefined) throw refused("task ids and --all do not go together");
    if (!all && type !== undefined) throw refused(`--type ${type} needs --all`);
    if (all) return await redriveEvery(context, type);
    if (taskId === undefined) throw refused("no task is named");
    const { withDatabase } = await import("../../database/with-database.ts");
    const tasks = await withDatabase(context, "redrive the tasks", (database) =>
      database.tasks.redrive(taskId, { signal: context.signal }),
    );
    return outcomesResult(context, {
      what: "task",
      outcomes: tasks.map((one) => changeOutcome(one, ["redriven"])),
      data: { tasks },
    });
  },
});

async function redriveEvery(context: Context, type: string | undefined): Promise<CommandResult> {
  const [{ withDatabase }, { redriveAll }] = await Promise.all([
    import("../../database/with-database.ts"),
    import("../../tasks/redrive-all.ts"),
  ]);
  using progress = context.progress("redriving");
  const tasks = await withDatabase(context, "redrive the tasks", (database) =>
    redriveAll(database, type, context.signal, (looked) => progress.update(`redriving: ${looked}`)),
  );
  // Somebody else may have redriven one meanwhile, which is what was wanted.
  const taken = tasks.filter(({ outcome }) => outcome === "its unique key is taken");
  const redriven = tasks.filter(({ outcome }) => outcome === "redriven");
  if (taken.length > 0) context.note(`${count(taken.length, "task")} stayed: another one has the unique key`);
  const circles = tasks.filter(({ outcome }) => outcome.startsWith("it would wait for itself"));
  if (circles.length > 0)
    context.note(
      `${count(circles.length, "task")} stayed, which would wait for themselves: see smith tasks show`,
    );
  return {
    data: { tasks },
    text: `${count(redriven.length, "task")} redriven`,
    exit: taken.length + circles.length > 0 ? "failed" : "ok",
  };
}

function refused(message: string): UsageError {
  return new UsageError(message, {
    hint: "Give ids, or --all for all dead tasks, or --type TYPE --all; `smith tasks dead` shows them first.",
  });
}
