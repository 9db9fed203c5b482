import { z } from "zod";
import { defineCommand } from "../command/define-command.ts";

export default defineCommand({
  description: `Shows in under two minutes what Mister Smith does, with real servers in a folder of its own: starts
PostgreSQL and nats-server, sees JetStream store a message, migrates, proves that every migration can be undone, lets 20
recorded agents live in the database, their state by way of JetStream, and checks every row, looks at the tables, takes the last migration back and applies
it again with the data intact, and stops.

It says at each chapter which command does the same by hand. It needs nothing of yours and touches nothing of yours: at
the end, also after a failure or Ctrl-C, the servers are stopped and the folder is gone.`,
  options: [{ flags: "--keep", description: "leave the servers running at the end, to look around" }],
  examples: [
    { run: "smith demo", does: "watch it once" },
    { run: "smith demo --keep", does: "have a database full of agents to try queries on" },
    { run: "smith demo --json | jq .chapters", does: "see how long each chapter took" },
  ],
  exitCodes: {
    ok: "every chapter went as told",
    failed: "a chapter did not; the message says which server, row or migration",
    incomplete: "a server is neither installed nor can it be had; the message says how to install it",
  },
  related: ["up", "migrate verify", "replay", "doctor"],
  input: z.strictObject({ keep: z.boolean().default(false) }),
  async run(context, input) {
    const { demonstrate } = await import("../demo/demo.ts");
    return await demonstrate(context, input);
  },
});
