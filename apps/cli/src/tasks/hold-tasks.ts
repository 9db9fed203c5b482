import type { TaskOutcome } from "@mister-smith/client";
import { z } from "zod";
import type { ArgumentSpec } from "../command/command.ts";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import { idsInput } from "../input/id-input.ts";
import { outcomesResult } from "../output/outcomes-result.ts";
import { changeOutcome } from "./change-outcome.ts";

/** The argument of the commands that change tasks by their ids. */
export const taskIdsArgument: readonly ArgumentSpec[] = [
  { name: "task-id", description: "the tasks", variadic: true },
];

/** What {@link taskIdsArgument} takes. */
export const taskIdsInput = z.strictObject({ taskId: idsInput });

/** Pauses or resumes tasks, and says of each what became of it. */
export async function holdTasks(
  context: Context,
  ids: readonly string[],
  to: "paused" | "resumed",
): Promise<CommandResult> {
  const { withDatabase } = await import("../database/with-database.ts");
  const options = { signal: context.signal };
  const tasks = await withDatabase(context, `have the tasks ${to}`, async (database) => {
    const change = to === "paused" ? database.tasks.pause : database.tasks.resume;
    const changed = new Set(await change(ids, options));
    const outcomes: TaskOutcome[] = [];
    for (const taskId of ids) {
      if (changed.has(taskId)) outcomes.push({ taskId, outcome: to });
      else outcomes.push({ taskId, outcome: asItIs(await database.tasks.get(taskId, options)) });
    }
    return outcomes;
  });
  const done = to === "paused" ? ["paused", "is paused"] : ["resumed"];
  return outcomesResult(context, {
    what: "task",
    outcomes: tasks.map((one) => changeOutcome(one, done)),
    data: { tasks },
  });
}

function asItIs(task: { readonly status: string } | null): string {
  return task === null ? "missing" : `is ${task.status}`;
}
