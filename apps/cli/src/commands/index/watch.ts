import type { WatchedIndex } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import { shownRecommendation } from "../../index-advice/shown-recommendation.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import { durationText } from "../../output/duration-text.ts";
import { plainJson } from "../../output/plain-json.ts";
import { safeText, shortText } from "../../output/safe-text.ts";
import { section } from "../../output/section.ts";
import { table } from "../../output/table.ts";

export default defineCommand({
  description: `Holds what the statements of a table took before an index was built on advice against what they take since, those that
write it with them, and advises to revert one that made them slower in all. "too early" was not executed often enough since; "not
comparable" has no time from before; "gone" is an index that is not there any more. Nothing is dropped.`,
  options: [
    { flags: "--calls <n>", description: "fewer calls since say nothing, 1 to 1000000; default: 20" },
    { flags: "--change <percent>", description: "a smaller change is none, 1 to 1000; default: 20" },
    { flags: "--days <n>", description: "indexes that were built in this time, 1 to 3650; default: 30" },
  ],
  examples: [
    { run: "smith index watch", does: "see whether what was built helps" },
    {
      run: "smith index watch --json | jq -r '.indexes[].revert | select(. != null)'",
      does: "list what is to be reverted",
    },
  ],
  exitCodes: {
    ok: "no index made its statements slower",
    failed: "one did, and is to be reverted",
    unreachable: "",
  },
  related: ["index apply", "monitor slow"],
  input: z.strictObject({
    calls: wholeNumberInput(1, 1_000_000).default(20),
    change: wholeNumberInput(1, 1000).default(20),
    days: wholeNumberInput(1, 3650).default(30),
  }),
  async run(context, { calls, change, days }) {
    const [{ withDatabase }, { watchIndexes }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    const watched = await withDatabase(context, "watch the indexes", ({ write }) =>
      watchIndexes(write, { minCalls: calls, change: change / 100, days }),
    );
    if (watched.length === 0) context.note(`no index was built on advice in ${days} days`);
    return {
      data: plainJson({
        indexes: watched.map(({ recommendation, ...one }) => ({
          recommendation: shownRecommendation(recommendation),
          ...one,
        })),
      }),
      text: watched.map((one) => asText(one, context)).join("\n\n"),
      exit: watched.some(({ revert }) => revert !== null) ? "failed" : "ok",
    };
  },
});

function asText(
  { recommendation: one, verdict, statements, revert }: WatchedIndex,
  { colours }: Context,
): string {
  const paints: Readonly<Record<string, (text: string) => string>> = {
    better: colours.green,
    worse: colours.red,
  };
  const paint = (text: string) => (paints[text] ?? colours.dim)(text);
  const time = (ms: number | null) => (ms === null ? "-" : durationText(ms));
  const rows = statements.map((statement) => [
    paint(statement.verdict),
    String(statement.calls),
    time(statement.meanBeforeMs),
    time(statement.meanSinceMs),
    shortText(statement.text, 60),
  ]);
  return [
    `${colours.bold(safeText(one.index_name))} on ${safeText(`${one.schema_name}.${one.table_name}`)}: ${paint(verdict)}`,
    ...(revert === null ? [] : [`revert it: smith index apply ${one.recommendation_id} --revert`]),
    ...section(
      "its statements",
      rows.length === 0 ? [] : table(["", "calls", "before", "since", "statement"], rows, colours),
      colours,
    ),
  ].join("\n");
}
