import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { folderOption } from "../../migrate/common-options.ts";

export default defineCommand({
  description: `Proves that every down file is the exact inverse of its up file: in a scratch database, each migration
goes up, down and up again, and the whole definition of the database is compared at each step; behind each down also the
values of the rows and the positions of the sequences that were there before. The same once more with generated rows in
the tables. Rows that an up overwrites or deletes for good, and rows that a down leaves, are no fault: a note names them.
The scratch database is made on the server of the URL and dropped afterwards, so the role needs the right
CREATEDB. Nothing is run in your own database; but a file with ALTER DATABASE, ALTER SYSTEM, CREATE, ALTER or DROP ROLE,
GRANT of a role, COMMENT ON DATABASE or the like changes the whole cluster, and verify cannot undo that: each such
statement outside of DO blocks and functions is named in a note with its file and line. Verify files that have them on a
server for experiments (--scratch-url). Roles that files create stay.`,
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
