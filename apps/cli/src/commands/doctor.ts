import { z } from "zod";
import { defineCommand } from "../command/define-command.ts";
import { sizeInput } from "../input/size-input.ts";
import { wholeNumberInput } from "../input/whole-number-input.ts";
import { UsageError } from "../usage-error.ts";

export default defineCommand({
  description: `Looks at the programs of this machine and at the servers that the configuration names: what is
installed, which versions, which extensions PostgreSQL offers, how it is set, how fast both answer. For whatever is
missing it says what it would give and how to get it. It changes nothing, except with --apply.

"ok" needs nothing, "warn" is there but not as it should be, "missing" is not there. Only what is marked as needed
makes the command fail.

With --production PostgreSQL is also held against the configuration that the data layer is meant to have in production (statistics of
statements, autovacuum, timeouts, limits of the roles) and against what the size of its machine calls for: the machine that smith
runs on where the server is reached over loopback, else as --memory and --processors say. For each value it says why it matters and
how to change it; --apply changes it (ALTER SYSTEM, ALTER ROLE) and names what takes a restart. A setting that the server knows only
after a restart is advised after that.`,
  options: [
    { flags: "--production", description: "hold PostgreSQL against the configuration for production, too" },
    { flags: "--apply", description: "with --production: change what is advised, as a superuser" },
    {
      flags: "--memory <size>",
      description: "with --production: the memory of the server's machine, such as 16GB",
    },
    { flags: "--processors <n>", description: "with --production: the processors of the server's machine" },
  ],
  examples: [
    { run: "smith doctor", does: "see whether everything is here, before or after `smith up`" },
    {
      run: "SMITH_DATABASE_URL=postgres://me@db/app smith doctor",
      does: "look at a PostgreSQL of your own",
    },
    { run: "smith doctor --production", does: "see what to change before it goes into production" },
    {
      run: "smith doctor --production --apply --memory 32GB --processors 8",
      does: "change it, on a server that is another machine",
    },
    {
      run: "smith doctor --json | jq '.checks[] | select(.state != \"ok\")'",
      does: "list what is not as it should be",
    },
  ],
  exitCodes: {
    unreachable: "a server that the configuration names does not answer",
    failed: "a change was refused",
    incomplete: "a program or a feature that is needed is missing",
  },
  related: ["up", "status", "config"],
  input: z.strictObject({
    production: z.boolean().default(false),
    apply: z.boolean().default(false),
    memory: sizeInput.optional(),
    processors: wholeNumberInput(1, 4_096).optional(),
  }),
  async run(context, { production, ...options }) {
    const given = [
      options.apply ? "--apply" : "",
      options.memory && "--memory",
      options.processors && "--processors",
    ];
    const [stray] = given.filter(Boolean);
    if (!production && stray !== undefined) throw new UsageError(`${stray} goes with --production`);
    const [{ examine }, { doctorExit, doctorReport }] = await Promise.all([
      import("../doctor/examine.ts"),
      import("../doctor/doctor-report.ts"),
    ]);
    using _ = context.progress("looking at this machine and its servers");
    const checks = await examine(context, production ? options : undefined);
    const exit = doctorExit(checks);
    return { data: { healthy: exit === "ok", checks }, text: doctorReport(checks, context), exit };
  },
});
