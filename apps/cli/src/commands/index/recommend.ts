import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { costText, recommendationText } from "../../index-advice/recommendation-text.ts";
import { shownRecommendation } from "../../index-advice/shown-recommendation.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import { count } from "../../output/count.ts";
import { plainJson } from "../../output/plain-json.ts";

export default defineCommand({
  description: `Looks which indexes would spare the statements of this database the most, judged over all of them, and keeps what it
finds as pending recommendations. Of each it says what reads would spare and what writes would pay, in the units of the planner. The
statements are those of pg_stat_statements that took the most time; no statement is executed, and nothing is built.

Where the extension hypopg is in the database, the planner itself is asked what an index would give; else that is estimated from
statistics, and said. What an index does that is there is never advised, and neither is what was rejected. The same statements and
statistics give the same advice.`,
  options: [
    {
      flags: "--budget <MiB>",
      description: "what all may take together; default: a quarter of the tables that are read",
    },
    { flags: "--statements <n>", description: "look at this many statements, 1 to 10000; default: 500" },
    { flags: "--dry-run", description: "keep nothing in the database" },
  ],
  examples: [
    { run: "smith index recommend", does: "see what is missing" },
    { run: "smith index recommend --budget 500", does: "see the best that fits into 500 MiB" },
    {
      run: "smith index recommend --json | jq -r '.recommendations[].id'",
      does: "list the ids for smith index apply",
    },
  ],
  exitCodes: { failed: "", "not-found": "no statements are recorded", unreachable: "" },
  related: ["index explain", "index apply", "index reject", "monitor slow"],
  input: z.strictObject({
    budget: wholeNumberInput(0, 1_000_000_000).optional(),
    statements: wholeNumberInput(1, 10_000).default(500),
    dryRun: z.boolean().default(false),
  }),
  async run(context, { budget, statements: maxStatements, dryRun }) {
    const [{ withDatabase }, { adviseIndexes, keepAdvice }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    using progress = context.progress("looking at the statements");
    const { advice, kept } = await withDatabase(context, "look for missing indexes", async (database) => {
      const advice = await adviseIndexes(database, {
        maxStatements,
        ...(budget === undefined ? {} : { budgetBytes: budget * 1024 * 1024 }),
      });
      progress.update("keeping what was found");
      return { advice, kept: dryRun ? [] : await keepAdvice(database.write, advice) };
    });
    const { indexes, skipped, ...whole } = advice;
    const recommendations = kept.map(shownRecommendation);
    const { colours } = context;
    if (!advice.hasHypopg)
      context.note(
        "no planner was asked: CREATE EXTENSION hypopg, which Debian has as postgresql-15-hypopg, where the server has it",
      );
    if (skipped.length > 0)
      context.note(`${count(skipped.length, "statement")} could not be looked at: --json says why`);
    const summary = `${count(advice.statements, "statement")}, ${Math.round(advice.timeShare * 100)} % of the time: cost ${costText(advice.costBefore)} → ${costText(advice.costAfter)}`;
    const found = dryRun
      ? indexes.map(({ definition, costBefore, costAfter, writeCost }) =>
          [
            definition,
            `  reads ${costText(costBefore)} → ${costText(costAfter)}, writes pay ${costText(writeCost)}`,
          ].join("\n"),
        )
      : recommendations.map((one) => recommendationText(one, colours).join("\n"));
    const text = [summary, ...found, ...(found.length === 0 ? ["no index is missing"] : [])].join("\n\n");
    return { data: plainJson({ ...whole, indexes, recommendations, skipped }), text };
  },
});
