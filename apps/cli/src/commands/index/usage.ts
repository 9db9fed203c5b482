import type { IndexUsage, IndexUsageReport } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import { byteText } from "../../output/byte-text.ts";
import { count } from "../../output/count.ts";
import { plainJson } from "../../output/plain-json.ts";
import { safeText } from "../../output/safe-text.ts";
import { section } from "../../output/section.ts";
import { table } from "../../output/table.ts";
import { utcText } from "../../output/utc-text.ts";

export default defineCommand({
  description: `Shows how each index is used, those first that can go, the largest of them before the others; those that can go may
go all together. "repeated" does only what another one does, which stays; "invalid" is kept by every write and used by nothing, as its
building failed; "building" is being built; "unused" was never used on this server since its statistics began, "too early" neither,
but for fewer days than --days; "needed" has a constraint, or the identity of rows on replicas, resting on it.

The server does not say when an index was made: uses count from when its statistics, and the last migration, are of. What replicas
use is not counted here: where there are any, nothing is called droppable only because it is unused. Tables that somebody keeps
locked are left out, and named. Nothing is dropped.`,
  options: [
    { flags: "--all", description: "also those that are in use or needed, or for which it is too early" },
    {
      flags: "--days <n>",
      description: "for how long no use must be counted to mean something, 0 to 3650; default: 14",
    },
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
  input: z.strictObject({
    all: z.boolean().default(false),
    days: wholeNumberInput(0, 3650).default(14),
    limit: wholeNumberInput(1, 10_000).default(50),
  }),
  async run(context, { all, days, limit }) {
    const [{ withDatabase }, { indexUsage }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    const { indexes, ...report } = await withDatabase(context, "see how indexes are used", (database) =>
      indexUsage(database, { unusedAfterDays: days }),
    );
    noteReport(report, context);
    if (indexes.some(({ verdict }) => verdict === "too early"))
      context.note(`too early to call one unused: that takes ${count(days, "day")} of counting`);
    const shown = indexes.filter(({ verdict }) => all || !quiet.has(verdict)).slice(0, limit);
    if (shown.length === 0) context.note("no index is known to be needless");
    return {
      data: plainJson({ indexes: shown, ...report }),
      text: shown.length === 0 ? "" : asLines(shown, context).join("\n"),
    };
  },
});

const quiet: ReadonlySet<IndexUsage["verdict"]> = new Set(["in use", "needed", "too early"]);

function noteReport(
  { since, hasReplicas, locked, isCut }: Omit<IndexUsageReport, "indexes">,
  context: Context,
): void {
  context.note(
    since === null
      ? "it is not known since when uses are counted"
      : `uses are counted since ${utcText(since)}`,
  );
  if (hasReplicas) context.note("there are replicas, whose uses are not counted here");
  if (locked.length > 0)
    context.note(`left out, as somebody keeps them locked: ${safeText(locked.join(", "))}`);
  if (isCut) context.note("there are more indexes than are looked at");
}

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
