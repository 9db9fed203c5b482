import type { LockWait } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Colours } from "../../output/colours.ts";
import { durationText } from "../../output/duration-text.ts";
import { listResult } from "../../output/page-result.ts";
import { shortText } from "../../output/safe-text.ts";
import { table } from "../../output/table.ts";

export default defineCommand({
  description: `Shows every connection that waits for a lock and those that they wait for. First comes who waits for nobody and holds
the others up: let that one end, or end it yourself with SELECT pg_cancel_backend(pid), or pg_terminate_backend(pid) where
it is idle in a transaction.

Statements and transactions of other roles need pg_monitor. Nothing is changed.`,
  examples: [
    { run: "smith monitor locks", does: "see who holds everybody up" },
    {
      run: "smith monitor locks --json | jq '.waits[] | select(.blockedBy == []) | .pid'",
      does: "get the processes that the others wait for",
    },
  ],
  exitCodes: { unreachable: "", failed: "" },
  related: ["monitor slow", "db pools"],
  input: z.strictObject({}),
  async run(context) {
    const { withMonitor } = await import("../../monitor/with-monitor.ts");
    const waits = await withMonitor(context, "look for locks", (monitor) => monitor.lockWaits());
    return listResult(context, {
      name: "waits",
      items: waits,
      lines: (found) => waitTable(found, context.colours),
      empty: "nobody waits for a lock",
    });
  },
});

function waitTable(waits: readonly LockWait[], colours: Colours): string[] {
  const rows = waits.map((one) => [
    one.blockedBy.length === 0 ? colours.red(String(one.pid)) : String(one.pid),
    one.blockedBy.length === 0 ? "nobody" : one.blockedBy.join(", "),
    one.waitedMs === null ? "-" : durationText(one.waitedMs),
    one.waitsFor ?? "-",
    one.transactionMs === null ? "-" : durationText(one.transactionMs),
    one.state ?? "hidden",
    shortText(one.application, 25),
    shortText(one.statement ?? "hidden", 60),
  ]);
  const titles = ["pid", "waits for", "since", "lock", "transaction", "state", "application", "statement"];
  return table(titles, rows, colours);
}
