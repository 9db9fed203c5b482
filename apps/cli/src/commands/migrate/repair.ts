import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { commonInput, commonOptions } from "../../migrate/common-options.ts";

export default defineCommand({
  description: `Accepts, on the record, that applied files were changed or renamed (with --forget-missing also removed): the database's record is
brought to what the files say now, and the history keeps who accepted it, when and why. No migration runs and no table
but the record changes, so make sure first that the difference has no effect on the schema.`,
  options: [
    { flags: "--reason <text>", description: "why, for the history; needed" },
    { flags: "--forget-missing", description: "forget applied migrations whose files are gone" },
    ...commonOptions,
  ],
  examples: [
    {
      run: 'smith migrate repair --reason "only a comment in 00007 was corrected"',
      does: "accept a changed comment in an applied file",
    },
  ],
  exitCodes: {
    failed: "the role lacks a right",
    changed: "something is left that no repair can accept, a file out of order for instance",
    unreachable: "",
  },
  related: ["migrate status", "migrate baseline"],
  input: z.strictObject({
    forgetMissing: z.boolean().default(false),
    reason: z.string("--reason is missing: say why, for the history").min(1, "say why, for the history"),
    ...commonInput,
  }),
  async run(context, input) {
    const { repair } = await import("../../migrate/repair.ts");
    return await repair(context, input);
  },
});
