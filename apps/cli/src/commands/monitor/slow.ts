import type { SlowStatement } from "@mister-smith/monitoring";
import { z } from "zod";
import type { CommandResult } from "../../command/command-result.ts";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import { choiceInput } from "../../input/choices-input.ts";
import { durationInput } from "../../input/duration-input.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import type { Colours } from "../../output/colours.ts";
import { durationText } from "../../output/duration-text.ts";
import { listResult } from "../../output/page-result.ts";
import { plainJson } from "../../output/plain-json.ts";
import { shortText } from "../../output/safe-text.ts";
import { table } from "../../output/table.ts";

const orders = ["total", "mean"] as const;

const longestMs = 86_400_000;

export default defineCommand({
  description: `Shows the statements of this database that take the most time, as pg_stat_statements has counted them since its
statistics began, or what they did during a time that you wait for with --over. Literals are shown as $1, $2 …, and a statement is one whatever its literals are. "cached" is the share of the
blocks it needed that were in the server's own cache.

The extension pg_stat_statements must be there; texts of other roles need pg_monitor. Nothing is executed or reset.`,
  options: [
    {
      flags: "--by <order>",
      description: "total: most time in all; mean: slowest on average; default: total",
      complete: orders,
    },
    { flags: "--limit <n>", description: "show at most this many, 1 to 100; default: 20" },
    {
      flags: "--over <duration>",
      description: "wait so long, and show what was done meanwhile: 10s, 5m, up to 1d",
    },
  ],
  examples: [
    { run: "smith monitor slow", does: "see where the server's time goes" },
    { run: "smith monitor slow --by mean --limit 5", does: "see the five slowest" },
    { run: "smith monitor slow --over 30s", does: "see where it goes now" },
  ],
  exitCodes: { incomplete: "pg_stat_statements is not there", unreachable: "", failed: "" },
  related: ["monitor locks", "monitor check"],
  input: z.strictObject({
    by: choiceInput(orders).default("total"),
    limit: wholeNumberInput(1, 100).default(20),
    over: durationInput.refine((ms) => ms <= longestMs, "at most 1d").optional(),
  }),
  async run(context, { by, limit, over }) {
    if (over !== undefined) return await lately(context, { by, limit, over });
    const [{ withMonitor }, { noStatements }] = await Promise.all([
      import("../../monitor/with-monitor.ts"),
      import("../../monitor/no-statements.ts"),
    ]);
    const found = await withMonitor(context, "look for slow statements", (monitor) =>
      monitor.slowStatements({ by, limit }),
    );
    if (found === null) throw noStatements();
    return listResult(context, {
      name: "statements",
      items: found,
      lines: (statements) => statementTable(statements, context.colours),
      empty: "no statement was recorded yet",
    });
  },
});

/** What was done during a time, between two counts. */
async function lately(
  context: Context,
  { by, limit, over }: { by: (typeof orders)[number]; limit: number; over: number },
): Promise<CommandResult> {
  const [{ withMonitor }, { noStatements }, { changedStatements }] = await Promise.all([
    import("../../monitor/with-monitor.ts"),
    import("../../monitor/no-statements.ts"),
    import("../../monitor/changed-statements.ts"),
  ]);
  using progress = context.progress("waiting");
  const found = await withMonitor(context, "look for slow statements", (monitor) =>
    changedStatements(monitor, { by, limit, overMs: over, signal: context.signal }),
  );
  progress.end();
  if (found === null) throw noStatements();
  const { statements, from, to, isReset, forgotten } = found;
  if (isReset)
    context.note(`the statistics were reset meanwhile: what follows is since ${from.toISOString()}`);
  if (forgotten !== null && forgotten > 0)
    context.note("the server forgot statements meanwhile for lack of room: raise pg_stat_statements.max");
  if (statements.length === 0) context.note("nothing was done meanwhile");
  return {
    data: plainJson({ from, to, isReset, forgotten, statements }),
    text: statements.length === 0 ? "" : statementTable(statements, context.colours).join("\n"),
  };
}

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
