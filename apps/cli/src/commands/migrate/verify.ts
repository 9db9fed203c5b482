import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { folderOption } from "../../migrate/common-options.ts";

export default defineCommand({
  description: `Proves that every down file is the exact inverse of its up file: in a scratch database, each migration
goes up, down and up again, and the whole definition of the database is compared at each step; also with rows in the
tables. The scratch database is made on the server of the URL and dropped afterwards, so the role needs the right
CREATEDB; your own database is not touched.`,
  options: [
    {
      flags: "--scratch-url <url>",
      description: "make the scratch database on this PostgreSQL server instead",
    },
    folderOption,
  ],
  examples: [
    { run: "smith migrate verify", does: "prove the migrations that ship with smith on your server" },
    { run: "smith migrate verify --folder db/migrations", does: "prove your own" },
  ],
  exitCodes: {
    failed: "a down file leaves something behind or takes too much; the message says what",
    unreachable: "",
  },
  related: ["migrate lint", "migrate rehearse", "migrate redo"],
  input: z.strictObject({
    scratchUrl: z
      .url({ protocol: /^postgres(ql)?$/, error: "expected a URL such as postgres://user@host/postgres" })
      .optional(),
    folder: z.string().min(1).optional(),
  }),
  async run(context, input) {
    const { verify } = await import("../../migrate/verify.ts");
    return await verify(context, input);
  },
});
