import { z } from "zod";
import { defineCommand } from "../command/define-command.ts";

export default defineCommand({
  description: `Looks at the programs of this machine and at the servers that the configuration names: what is
installed, which versions, which extensions PostgreSQL offers, how it is set, how fast both answer. For whatever is
missing it says what it would give and how to get it. It changes nothing.

"ok" needs nothing, "warn" is there but not as it should be, "missing" is not there. Only what is marked as needed
makes the command fail.`,
  examples: [
    { run: "smith doctor", does: "see whether everything is here, before or after `smith up`" },
    {
      run: "SMITH_DATABASE_URL=postgres://me@db/app smith doctor",
      does: "look at a PostgreSQL of your own",
    },
    {
      run: "smith doctor --json | jq '.checks[] | select(.state != \"ok\")'",
      does: "list what is not as it should be",
    },
  ],
  exitCodes: {
    unreachable: "a server that the configuration names does not answer",
    incomplete: "a program or a feature that is needed is missing",
  },
  related: ["up", "status", "config"],
  input: z.strictObject({}),
  async run(context) {
    const [{ examine }, { doctorExit, doctorReport }] = await Promise.all([
      import("../doctor/examine.ts"),
      import("../doctor/doctor-report.ts"),
    ]);
    using _ = context.progress("looking at this machine and its servers");
    const checks = await examine(context);
    const exit = doctorExit(checks);
    return { data: { healthy: exit === "ok", checks }, text: doctorReport(checks, context), exit };
  },
});
