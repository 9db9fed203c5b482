import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { commonInput, commonOptions, versionInput } from "../../migrate/common-options.ts";

const limitText = "expected a whole number of milliseconds from 0";

export default defineCommand({
  description: `Runs the waiting migrations for real, in a transaction that is rolled back, and reports for each statement
how long it took and the strongest lock it held on each relation: what a deployment will cost, on the real data. Nothing
is kept. While it runs it holds those locks, so rehearse on a copy, or at a quiet hour.`,
  options: [
    { flags: "--to <version>", description: "stop after this version; default: the newest file" },
    {
      flags: "--time-limit-ms <ms>",
      description:
        "roll back after this many milliseconds, so that the locks are not held longer; default: 60000; 0: no limit",
    },
    ...commonOptions,
  ],
  examples: [
    { run: "smith migrate rehearse", does: "see what `smith migrate up` will cost" },
    {
      run: "smith migrate rehearse --json",
      does: "keep the times and locks as data",
    },
  ],
  exitCodes: { failed: "a statement failed; nothing was changed", changed: "", unreachable: "" },
  related: ["migrate up", "migrate lint", "migrate status"],
  input: z.strictObject({
    to: versionInput.optional(),
    timeLimitMs: z.coerce.number(limitText).int(limitText).min(0, limitText).optional(),
    ...commonInput,
  }),
  async run(context, input) {
    const { rehearse } = await import("../../migrate/rehearse.ts");
    return await rehearse(context, input);
  },
});
