import type { VacuumState } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import type { Colours } from "../../output/colours.ts";
import { listResult } from "../../output/page-result.ts";
import { table } from "../../output/table.ts";
import { utcText } from "../../output/utc-text.ts";

export default defineCommand({
  description: `Shows the dead rows of tables against the point at which autovacuum comes to each by itself, by the table's own settings:
those that are nearest to it, or past it, first. What is past it for long is locked out, or autovacuum is off or too slow.
"frozen" is how many numbers of transactions were used since the table's oldest row was frozen.

Nothing is changed.`,
  options: [{ flags: "--limit <n>", description: "show at most this many, 1 to 1000; default: 20" }],
  examples: [
    { run: "smith monitor vacuum", does: "see whether autovacuum keeps up" },
    {
      run: "smith monitor vacuum --json | jq '.tables[] | select(.isOff) | .table'",
      does: "get the tables that autovacuum never comes to",
    },
  ],
  exitCodes: { unreachable: "", failed: "" },
  related: ["monitor bloat", "monitor connections"],
  input: z.strictObject({ limit: wholeNumberInput(1, 1_000).default(20) }),
  async run(context, { limit }) {
    const { withMonitor } = await import("../../monitor/with-monitor.ts");
    const found = await withMonitor(context, "look at dead rows", (monitor) => monitor.vacuum(limit));
    return listResult(context, {
      name: "tables",
      items: found,
      lines: (tables) => vacuumTable(tables, context.colours),
      empty: "the database has no tables of its own",
    });
  },
});

function vacuumTable(tables: readonly VacuumState[], colours: Colours): string[] {
  const rows = tables.map((one) => [
    `${one.schema}.${one.table}`,
    one.deadRows > one.triggerRows ? colours.yellow(String(one.deadRows)) : String(one.deadRows),
    String(Math.round(one.triggerRows)),
    String(one.liveRows),
    one.vacuumedAtMs === null ? "never" : utcText(new Date(one.vacuumedAtMs)),
    String(one.freezeAge),
    one.isRunning ? "is vacuumed now" : one.isOff ? colours.red("autovacuum is off") : "",
  ]);
  return table(["table", "dead", "comes past", "live", "vacuumed", "frozen", ""], rows, colours);
}
