import type { CapturedStatement } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import { wholeNumberInput } from "../../../input/whole-number-input.ts";
import type { Colours } from "../../../output/colours.ts";
import { durationText } from "../../../output/duration-text.ts";
import { listResult } from "../../../output/page-result.ts";
import { shortText } from "../../../output/safe-text.ts";
import { stackedTable } from "../../../output/stacked-table.ts";

export default defineCommand({
  description: `Plans the statements that took the most time since the statistics of the server began, and keeps the plans that are not on
record. No statement is executed: PostgreSQL is asked what it would do for any parameters, in a transaction that may only read.

Of a statement that cannot be planned the reason is shown: its text was cut off, a table is gone, the role has no right to it.
The extension pg_stat_statements must be there; texts of other roles need pg_monitor.`,
  options: [{ flags: "--limit <n>", description: "plan at most this many, 1 to 100; default: 10" }],
  examples: [{ run: "smith monitor plans capture", does: "keep the plans of the ten slowest statements" }],
  exitCodes: { incomplete: "pg_stat_statements is not there", failed: "", unreachable: "" },
  related: ["monitor plans list", "monitor slow"],
  input: z.strictObject({ limit: wholeNumberInput(1, 100).default(10) }),
  async run(context, { limit }) {
    const [{ withDatabase }, { createPlanCapture }, { noStatements }] = await Promise.all([
      import("../../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
      import("../../../monitor/no-statements.ts"),
    ]);
    using progress = context.progress("planning the slowest statements");
    const { isRecorded, statements } = await withDatabase(context, "capture plans", (database) =>
      createPlanCapture(database, { statements: limit, timeoutMs: 60_000, statementTimeoutMs: 10_000 }).round(
        context.signal,
      ),
    );
    progress.end();
    context.signal.throwIfAborted();
    if (!isRecorded) throw noStatements();
    return listResult(context, {
      name: "statements",
      items: statements,
      lines: (captured) => capturedTable(captured, context.colours),
      empty: "no statement was recorded yet that can be planned",
    });
  },
});

function capturedTable(statements: readonly CapturedStatement[], colours: Colours): string[] {
  return stackedTable(
    ["outcome", "total", "mean", "calls", "plan"],
    statements.map((one) => ({
      cells: [
        one.outcome === "changed" ? colours.yellow(one.outcome) : one.outcome,
        durationText(one.totalMs),
        durationText(one.meanMs),
        String(one.calls),
        one.outcome === "not explained" ? shortText(one.reason, 70) : one.planId,
      ],
      below: shortText(one.text, 110),
    })),
    colours,
  );
}
