import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { folderOption, versionInput } from "../../migrate/common-options.ts";

export default defineCommand({
  description: `Looks for what goes wrong when a migration meets a database with rows and users in it: an index built
without CONCURRENTLY, NOT NULL or a volatile default added to an existing table, a type change that rewrites it, a
constraint without NOT VALID, a missing down file, a drop that nobody acknowledged. The files are read by PostgreSQL's
own parser, so no database is needed; what the runner would do with the file is known.

A finding that is right for you is acknowledged in the file, with a reason, by the comment that the finding names.`,
  options: [
    {
      flags: "--from <version>",
      description: "report only files from this version on; earlier ones are applied everywhere",
    },
    folderOption,
  ],
  examples: [
    { run: "smith migrate lint", does: "check the files that ship with smith" },
    {
      run: "smith migrate lint --folder db/migrations --from 40",
      does: "check the new files of your own, in CI for instance",
    },
  ],
  exitCodes: { ok: "no finding of severity error", failed: "there are findings of severity error" },
  related: ["migrate verify", "migrate rehearse"],
  input: z.strictObject({ from: versionInput.optional(), folder: z.string().min(1).optional() }),
  async run(context, input) {
    const { lint } = await import("../../migrate/lint.ts");
    return await lint(context, input);
  },
});
