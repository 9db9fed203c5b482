import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { commonInput, commonOptions, versionInput } from "../../migrate/common-options.ts";

export default defineCommand({
  description: `Records migrations as applied without running them: for a database whose schema came there by other
means, a restored dump for instance. Nobody checks whether the database really looks like that. It refuses a
database that has a record already. The reason is kept in the history.`,
  options: [
    {
      flags: "--to <version>",
      description: "record everything up to this version; 0: nothing yet; needed",
    },
    { flags: "--reason <text>", description: "why, for the history; needed" },
    ...commonOptions,
  ],
  examples: [
    {
      run: 'smith migrate baseline --to 12 --reason "restored from the dump of 1 May"',
      does: "take over a database that is at version 12",
    },
  ],
  exitCodes: {
    failed: "the role lacks a right",
    usage: "an option is missing, there is no such version, or the database has a record already",
    unreachable: "",
  },
  related: ["migrate status", "migrate repair"],
  input: z.strictObject({
    to: z.string("--to is missing: say which version the database is at").pipe(versionInput),
    reason: z.string("--reason is missing: say why, for the history").min(1, "say why, for the history"),
    ...commonInput,
  }),
  async run(context, input) {
    const { baseline } = await import("../../migrate/baseline.ts");
    return await baseline(context, { ...input, version: input.to });
  },
});
