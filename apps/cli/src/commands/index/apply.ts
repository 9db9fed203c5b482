import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { shownRecommendation } from "../../index-advice/shown-recommendation.ts";
import { durationInput } from "../../input/duration-input.ts";
import { idInput } from "../../input/id-input.ts";
import { plainJson } from "../../output/plain-json.ts";

export default defineCommand({
  description: `Builds the index of a pending recommendation while its table is in use, on a partitioned table part by part, and keeps
what its statements took until then: smith index watch holds later ones against that.

A build waits for transactions that are older than itself, for as long as --lock-timeout at most. What a failed or interrupted
build leaves is cleared away, then or at the beginning of the next try, and never counts as built. With --revert the index of an
implemented recommendation is taken away again, and not advised again. Of two that build for one table at once the second is
refused; what is rejected while it is built is taken away again.`,
  arguments: [{ name: "id", description: "the recommendation, as `smith index recommend` shows it" }],
  options: [
    { flags: "--lock-timeout <duration>", description: "how long to wait for a lock; default: 60s" },
    { flags: "--revert", description: "take the index away that was built" },
    { flags: "--dry-run", description: "show the statements and run none of them" },
  ],
  examples: [
    {
      run: "smith index apply 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11 --dry-run",
      does: "see the statements first",
    },
    { run: "smith index apply 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11", does: "build it" },
    {
      run: "smith index apply 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11 --revert",
      does: "take it away when it made things slower",
    },
  ],
  exitCodes: {
    failed:
      "it was not built, is not pending, or another build is at the table; run the command again to go on from there",
    "not-found": "",
    unreachable: "",
  },
  related: ["index recommend", "index watch", "monitor locks"],
  input: z.strictObject({
    id: idInput,
    lockTimeout: durationInput.pipe(z.number().min(1).max(86_400_000)).default(60_000),
    revert: z.boolean().default(false),
    dryRun: z.boolean().default(false),
  }),
  async run(context, { id, lockTimeout: lockTimeoutMs, revert, dryRun }) {
    const [{ withDatabase }, { applyRecommendation, revertRecommendation }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    using progress = context.progress("looking at the index");
    const change = revert ? revertRecommendation : applyRecommendation;
    const { recommendation, statements } = await withDatabase(
      context,
      revert ? "take the index away" : "build the index",
      async (database) =>
        await change(database, id, {
          lockTimeoutMs,
          dryRun,
          signal: context.signal,
          onStatement: (statement) => progress.update(statement),
        }),
      // Building an index takes as long as it takes.
      { statementTimeoutMs: 0 },
    );
    const shown = shownRecommendation(recommendation);
    const listed = statements.map((statement) => `${statement};`);
    const done = revert
      ? `${shown.index} is gone`
      : `${shown.index} is built; see what comes of it with smith index watch`;
    return {
      data: plainJson({ recommendation: shown, dryRun, statements }),
      text: dryRun ? [...listed, "", "nothing was run"].join("\n") : done,
    };
  },
});
