import { z } from "zod";
import { defineCommand } from "../command/define-command.ts";
import { systemFolderInput, systemFolderOption } from "../system/system-folder.ts";

export default defineCommand({
  description: `Stops the PostgreSQL and nats-server that \`smith up\` started for this folder, in order, so that nothing
has to be recovered at the next start. The data stays. It is safe to run when nothing runs.`,
  options: [
    {
      flags: "--remove-data",
      description: "remove the folder with the databases, streams and logs as well; there is no way back",
    },
    systemFolderOption,
  ],
  examples: [
    { run: "smith down", does: "stop the servers; `smith up` brings them back with their data" },
    { run: "smith down --remove-data", does: "leave nothing behind" },
  ],
  exitCodes: {
    ok: "nothing runs any more, whether it ran before or not",
    failed: "a server belongs to another user, or the folder was never used",
  },
  related: ["up", "status"],
  input: z.strictObject({ removeData: z.boolean().default(false), ...systemFolderInput }),
  async run(context, input) {
    const { stop } = await import("../system/stop.ts");
    return await stop(context, input);
  },
});
