import type { Connection, Connections } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import type { Colours } from "../../output/colours.ts";
import { durationText } from "../../output/duration-text.ts";
import { plainJson } from "../../output/plain-json.ts";
import { shortText } from "../../output/safe-text.ts";
import { table } from "../../output/table.ts";

export default defineCommand({
  description: `Shows the connections of clients to the server one by one, those with the oldest transactions first, and how many there may
be without those that are reserved. "keeps" is how many transactions began since those whose dead rows a connection keeps
vacuum from removing. smith db pools shows them by application, of all servers.

Who is another role sees nothing of it without pg_monitor: "hidden". Nothing is changed.`,
  options: [{ flags: "--limit <n>", description: "show at most this many, 1 to 1000; default: 20" }],
  examples: [
    { run: "smith monitor connections", does: "see who leaves a transaction open" },
    {
      run: "smith monitor connections --json | jq '.connections[] | select(.state == \"idle in transaction\") | .pid'",
      does: "get the processes that are idle in a transaction",
    },
  ],
  exitCodes: { unreachable: "", failed: "" },
  related: ["monitor locks", "db pools"],
  input: z.strictObject({ limit: wholeNumberInput(1, 1_000).default(20) }),
  async run(context, { limit }) {
    const { withMonitor } = await import("../../monitor/with-monitor.ts");
    const found = await withMonitor(context, "look at the connections", (monitor) =>
      monitor.connections(limit),
    );
    return { data: plainJson({ ...found }), text: asText(found, context.colours) };
  },
});

function asText({ used, available, connections }: Connections, colours: Colours): string {
  const titles = ["pid", "state", "since", "transaction", "keeps", "application", "role", "statement"];
  return [
    `${used} of ${available} connections are in use`,
    ...(connections.length === 0 ? [] : ["", ...table(titles, connections.map(rowOf), colours)]),
  ].join("\n");
}

function rowOf(one: Connection): string[] {
  return [
    String(one.pid),
    one.state ?? "hidden",
    one.stateMs === null ? "-" : durationText(one.stateMs),
    one.transactionMs === null ? "-" : durationText(one.transactionMs),
    one.keepsTransactions === null ? "-" : String(one.keepsTransactions),
    shortText(one.application, 25),
    one.role ?? "-",
    shortText(one.statement ?? "hidden", 60),
  ];
}
