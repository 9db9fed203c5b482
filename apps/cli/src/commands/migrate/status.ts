import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { commonInput, commonOptions } from "../../migrate/common-options.ts";

export default defineCommand({
  description: `Compares the migration files with what the database records: which are applied, when and by whom, which
wait, and what does not fit together. It only reads. The exit code tells a script where the database stands.`,
  options: commonOptions,
  examples: [
    { run: "smith migrate status", does: "see what is applied and what waits" },
    {
      run: "smith migrate status --json | jq '.pending | length'",
      does: "count what waits",
    },
  ],
  exitCodes: {
    ok: "every file is applied",
    pending: "",
    changed: "",
    unreachable: "",
  },
  related: ["migrate check", "migrate up", "migrate repair"],
  input: z.strictObject(commonInput),
  async run(context, input) {
    const { showStatus } = await import("../../migrate/status.ts");
    return await showStatus(context, input);
  },
});
