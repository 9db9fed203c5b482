import type { SlowStatement } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { choiceInput } from "../../input/choices-input.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import type { Colours } from "../../output/colours.ts";
import { durationText } from "../../output/duration-text.ts";
import { listResult } from "../../output/page-result.ts";
import { shortText } from "../../output/safe-text.ts";
import { table } from "../../output/table.ts";

const orders = ["total", "mean"] as const;

export default defineCommand({
  description: `Shows the statements of this database that take the most time, as pg_stat_statements has counted them since its
statistics began. Literals are shown as $1, $2 …, and a statement is one whatever its literals are. "cached" is the share of the
blocks it needed that were in the server's own cache.

The extension pg_stat_statements must be there; texts of other roles need pg_monitor. Nothing is executed or reset.`,
  options: [
    {
      flags: "--by <order>",
      description: "total: most time in all; mean: slowest on average; default: total",
      complete: orders,
    },
    { flags: "--limit <n>", description: "show at most this many, 1 to 100; default: 20" },
  ],
  examples: [
    { run: "smith monitor slow", does: "see where the server's time goes" },
    { run: "smith monitor slow --by mean --limit 5", does: "see the five slowest" },
  ],
  exitCodes: { incomplete: "pg_stat_statements is not there", unreachable: "", failed: "" },
  related: ["monitor locks", "monitor check"],
  input: z.strictObject({
    by: choiceInput(orders).default("total"),
    limit: wholeNumberInput(1, 100).default(20),
  }),
  async run(context, { by, limit }) {
    const [{ withMonitor }, { SmithError }] = await Promise.all([
      import("../../monitor/with-monitor.ts"),
      import("@mister-smith/errors"),
    ]);
    const found = await withMonitor(context, "look for slow statements", (monitor) =>
      monitor.slowStatements({ by, limit }),
    );
    if (found === null)
      throw new SmithError("SERVER_NOT_FOUND", "the server does not record its statements", {
        hint: "Add pg_stat_statements to shared_preload_libraries, restart PostgreSQL, then CREATE EXTENSION pg_stat_statements.",
      });
    return listResult(context, {
      name: "statements",
      items: found,
      lines: (statements) => statementTable(statements, context.colours),
      empty: "no statement was recorded yet",
    });
  },
});

function statementTable(statements: readonly SlowStatement[], colours: Colours): string[] {
  const rows = statements.map(({ totalMs, meanMs, calls, rows: count, hitRatio, text }) => [
    durationText(totalMs),
    durationText(meanMs),
    String(calls),
    String(count),
    hitRatio === null ? "-" : `${Math.round(hitRatio * 100)} %`,
    shortText(text, 100),
  ]);
  return table(["total", "mean", "calls", "rows", "cached", "statement"], rows, colours);
}
