import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";

export default defineCommand({
  description: `Makes an empty pair of files for a new migration, NNNNN_name.up.sql and NNNNN_name.down.sql, with the
next free number. Write what changes into the first and its exact inverse into the second; \`smith migrate verify\`
proves that it is one.`,
  arguments: [{ name: "name", description: "what it does, in a few words: add_agent_labels" }],
  options: [
    {
      flags: "--folder <folder>",
      description:
        "where to; default: migrations.folder, else the folder migrations here; made when it is missing",
      complete: "folder",
    },
  ],
  examples: [
    {
      run: "smith migrate create add_agent_labels --folder db/migrations",
      does: "begin a migration of your own; the folder is made when it is missing",
    },
  ],
  exitCodes: { failed: "the files could not be written" },
  related: ["migrate lint", "migrate verify", "migrate redo"],
  input: z.strictObject({ name: z.string(), folder: z.string().min(1).optional() }),
  async run(context, input) {
    const { createFiles } = await import("../../migrate/create.ts");
    return await createFiles(context, input);
  },
});
