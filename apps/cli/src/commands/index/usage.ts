import type { IndexUsage } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import { byteText } from "../../output/byte-text.ts";
import { listResult } from "../../output/page-result.ts";
import { safeText } from "../../output/safe-text.ts";
import { section } from "../../output/section.ts";
import { table } from "../../output/table.ts";
import { utcText } from "../../output/utc-text.ts";

export default defineCommand({
  description: `Shows how each index is used, those first that can go, the largest of them before the others. "repeated" does only what
another one does; "invalid" is kept by every write and used by nothing, as its building failed; "unused" was never used on this
server since its statistics began; "needed" has a constraint, or the identity of rows on replicas, resting on it.

What replicas use is not counted here: where there are any, nothing is called droppable only because it is unused. Nothing is
dropped.`,
  options: [
    { flags: "--all", description: "also those that are in use or needed" },
    { flags: "--limit <n>", description: "show at most this many, 1 to 10000; default: 50" },
  ],
  examples: [
    { run: "smith index usage", does: "see which indexes cost writes and serve nobody" },
    {
      run: "smith index usage --json | jq -r '.indexes[].drop | select(. != null)'",
      does: "list the statements that would drop them",
    },
  ],
  exitCodes: { failed: "", unreachable: "" },
  related: ["index recommend", "indexes list"],
  input: z.strictObject({ all: z.boolean().default(false), limit: wholeNumberInput(1, 10_000).default(50) }),
  async run(context, { all, limit }) {
    const [{ withDatabase }, { indexUsage }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    const { indexes, since, hasReplicas } = await withDatabase(
      context,
      "see how indexes are used",
      ({ write }) => indexUsage(write),
    );
    context.note(`uses are counted ${since === null ? "for ever" : `since ${utcText(since)}`}`);
    if (hasReplicas) context.note("there are replicas, whose uses are not counted here");
    const shown = indexes.filter(({ verdict }) => all || (verdict !== "in use" && verdict !== "needed"));
    return listResult(context, {
      name: "indexes",
      items: shown.slice(0, limit),
      lines: (items) => asLines(items, context),
      empty: "every index is used, or needed",
    });
  },
});

function asLines(indexes: readonly IndexUsage[], { colours }: Context): string[] {
  const rows = indexes.map(({ schema, table: name, index, bytes, scans, verdict, by }) => [
    by === null ? verdict : `${verdict} by ${safeText(by)}`,
    byteText(bytes),
    String(scans),
    safeText(index),
    safeText(`${schema}.${name}`),
  ]);
  const drops = indexes.flatMap(({ drop }) => (drop === null ? [] : [`${safeText(drop)};`]));
  return [
    ...table(["verdict", "size", "uses", "index", "table"], rows, colours),
    ...section("these would drop those that can go", drops, colours),
  ];
}
