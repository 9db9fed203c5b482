import type { TypeLimitsInput } from "@mister-smith/client";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import { plainJson } from "../../output/plain-json.ts";
import { limitsTable } from "../../tasks/limits-table.ts";
import { rateInput } from "../../tasks/rate-input.ts";
import { UsageError } from "../../usage-error.ts";

export default defineCommand({
  description: `Limits a task type, or pauses it: over all workers, from the next claim on. Tasks that run go on. What is not
given stays as it is. No task of the type needs to exist yet.`,
  arguments: [{ name: "task-type", description: "the type" }],
  options: [
    { flags: "--max-running <n>", description: "how many may run at once, 1 to 1000000; none: any number" },
    {
      flags: "--rate <n/duration>",
      description: "how many may start in a time, evenly: 100/1m; none: any number",
    },
    { flags: "--pause", description: "let none start until --resume" },
    { flags: "--resume", description: "let them start again" },
    { flags: "--remove", description: "free the type of all its limits, alone" },
  ],
  examples: [
    { run: "smith tasks limit report --pause", does: "hold back a type while something is repaired" },
    { run: "smith tasks limit report --resume", does: "let it go on" },
    { run: "smith tasks limit call-api --max-running 4 --rate 100/1m", does: "spare a service" },
    { run: "smith tasks limit call-api --rate none", does: "take back one limit" },
  ],
  exitCodes: { failed: "", "not-found": "--remove, and the type has no limits", unreachable: "" },
  related: ["tasks limits", "tasks pause", "tasks backlog"],
  input: z.strictObject({
    taskType: z.string().min(1, "expected 1 to 100 characters").max(100, "expected 1 to 100 characters"),
    maxRunning: z
      .union([z.literal("none").transform(() => null), wholeNumberInput(1, 1_000_000)], {
        error: "expected a whole number from 1 to 1000000, or none",
      })
      .optional(),
    rate: rateInput.optional(),
    pause: z.boolean().default(false),
    resume: z.boolean().default(false),
    remove: z.boolean().default(false),
  }),
  async run(context, { taskType, maxRunning, rate, pause, resume, remove }) {
    if (pause && resume) throw refused("--pause and --resume do not go together");
    const isPaused = pause ? true : resume ? false : undefined;
    const given: TypeLimitsInput = { maxRunning, rate, isPaused };
    const changes = Object.values(given).some((value) => value !== undefined);
    if (remove && changes) throw refused("--remove does not go together with limits");
    if (!remove && !changes) throw refused(`nothing is said about the limits of ${taskType}`);
    const [{ withDatabase }, { NotFound }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("../../not-found.ts"),
    ]);
    const options = { signal: context.signal };
    return await withDatabase(context, "change the limits", async ({ tasks }) => {
      if (!remove) {
        const limits = await tasks.setLimits(taskType, given, options);
        return { data: plainJson({ limits }), text: limitsTable([limits], context.colours).join("\n") };
      }
      if (!(await tasks.removeLimits(taskType, options)))
        throw new NotFound("limit of type", taskType, "`smith tasks limits` shows the types that have some.");
      return { data: { limits: null }, text: `${taskType} has no limits any more` };
    });
  },
});

function refused(message: string): UsageError {
  return new UsageError(message, {
    hint: "Give --max-running, --rate, --pause or --resume, or --remove alone.",
  });
}
