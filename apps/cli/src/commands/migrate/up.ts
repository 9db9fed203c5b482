import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { commonInput, commonOptions, versionInput } from "../../migrate/common-options.ts";

export default defineCommand({
  description: `Applies the migration files that wait, lowest number first, each in a transaction together with the row
that records it. Before anything runs, every applied file is compared with what was applied, and every waiting file
is parsed: a changed, missing or misplaced file stops the run before the first statement.

It can be run against a database in use: a statement that does not get its lock within half a second gives way and is
tried again. Any number of runners may be started at once; one works, the others wait and find nothing left to do. A
run that was killed is taken up by the next one.`,
  options: [
    { flags: "--to <version>", description: "stop after this version; default: the newest file" },
    {
      flags: "--dry-run",
      description: "list what would be applied, with its statements; writes nothing, not even its own table",
    },
    ...commonOptions,
  ],
  examples: [
    { run: "smith migrate up", does: "bring the database to the current schema" },
    { run: "smith migrate up --dry-run", does: "see first what would run" },
    {
      run: "smith migrate up --folder db/migrations --table app.migrations",
      does: "apply migrations of your own beside ours, recorded in a table of their own",
    },
  ],
  exitCodes: {
    failed: "a statement failed; the message says where, and that its file was rolled back",
    pending: "with --dry-run: migrations wait",
    changed: "an applied file was changed, is missing, or a waiting one has a number below an applied one",
    unreachable: "",
  },
  related: ["migrate status", "migrate rehearse", "migrate down"],
  input: z.strictObject({
    to: versionInput.optional(),
    dryRun: z.boolean().default(false),
    ...commonInput,
  }),
  async run(context, input) {
    if (input.dryRun)
      return await (await import("../../migrate/preview.ts")).previewMigrations(context, input);
    return await (await import("../../migrate/up.ts")).applyMigrations(context, input);
  },
});
