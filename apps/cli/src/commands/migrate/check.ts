import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { commonInput, commonOptions } from "../../migrate/common-options.ts";

export default defineCommand({
  description: `Says whether the database is exactly where the migration files are: for the start of an application, a
health check or a deployment gate. It refuses a database that is older, newer or different. It only reads, takes no
lock, and prints one line.`,
  options: commonOptions,
  examples: [
    {
      run: "smith migrate check && node server.js",
      does: "start an application only against the right schema",
    },
    {
      run: "smith migrate check --folder db/migrations --table app.migrations",
      does: "check your own migrations",
    },
  ],
  exitCodes: { ok: "the database is where the files are", pending: "", changed: "", unreachable: "" },
  related: ["migrate status", "migrate up"],
  input: z.strictObject(commonInput),
  async run(context, input) {
    const { checkDatabase } = await import("../../migrate/check.ts");
    return await checkDatabase(context, input);
  },
});
