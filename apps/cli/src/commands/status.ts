import { z } from "zod";
import { defineCommand } from "../command/define-command.ts";
import { systemFolderInput, systemFolderOption } from "../system/system-folder.ts";

export default defineCommand({
  description: `Shows the embedded system of this folder: whether it runs and since when, where its servers listen, which
versions they are, where their data and logs lie, and in one line where the database stands with its migrations.
Passwords are hidden.`,
  options: [
    { flags: "--show-secrets", description: "show the URLs with their passwords" },
    systemFolderOption,
  ],
  examples: [
    { run: "smith status", does: "see what runs here" },
    {
      run: 'psql "$(smith status --show-secrets --json | jq -r .postgres.url)"',
      does: "open a prompt on the embedded database",
    },
    { run: "smith status > /dev/null || smith up", does: "start it unless it runs" },
  ],
  exitCodes: {
    ok: "both servers run",
    failed: "only one of the two servers runs",
    stopped: "neither runs",
  },
  related: ["up", "down", "doctor", "migrate status"],
  input: z.strictObject({ showSecrets: z.boolean().default(false), ...systemFolderInput }),
  async run(context, input) {
    const { show } = await import("../system/show.ts");
    return await show(context, input);
  },
});
