import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { recommendationText } from "../../index-advice/recommendation-text.ts";
import { shownRecommendation } from "../../index-advice/shown-recommendation.ts";
import { choiceInput } from "../../input/choices-input.ts";
import { idInput } from "../../input/id-input.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import { listResult } from "../../output/page-result.ts";
import { plainJson } from "../../output/plain-json.ts";
import { safeText, shortText } from "../../output/safe-text.ts";
import { section } from "../../output/section.ts";

const statuses = ["pending", "implemented", "rejected", "obsolete"] as const;

export default defineCommand({
  description: `Shows a recommendation with its statements and what became of it; without an id those that were made, the latest first.

"pending" waits for you; "implemented" was built; "rejected" is not given again; "obsolete" is advised no more, its time or its table
is gone, or it was built and reverted.`,
  arguments: [{ name: "id", description: "the recommendation", required: false }],
  options: [
    { flags: "--status <status>", description: "those of this status", complete: statuses },
    { flags: "--limit <n>", description: "show at most this many, 1 to 1000; default: 20" },
  ],
  examples: [
    { run: "smith index explain", does: "see what was advised, and what became of it" },
    {
      run: "smith index explain 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11",
      does: "see one with the statements that it is for",
    },
  ],
  exitCodes: { failed: "", "not-found": "", unreachable: "" },
  related: ["index recommend", "index apply", "index reject"],
  input: z.strictObject({
    id: idInput.optional(),
    status: choiceInput(statuses).optional(),
    limit: wholeNumberInput(1, 1000).default(20),
  }),
  async run(context, { id, status, limit }) {
    const [{ withDatabase }, { getRecommendation, listRecommendations }, { NotFound }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
      import("../../not-found.ts"),
    ]);
    const { colours } = context;
    return await withDatabase(context, "see what was advised", async ({ write }) => {
      if (id === undefined)
        return listResult(context, {
          name: "recommendations",
          items: (await listRecommendations(write, { status: status ?? null, limit })).map(
            shownRecommendation,
          ),
          lines: (all) => [all.map((one) => recommendationText(one, colours).join("\n")).join("\n\n")],
          empty: "no index was advised: `smith index recommend` looks for them",
        });
      const found = await getRecommendation(write, id);
      if (found === null)
        throw new NotFound("index recommendation", id, "`smith index explain` lists those that there are.");
      const shown = shownRecommendation(found);
      const statements = found.query_patterns.map((text, at) => ({
        queryId: found.query_hashes[at] ?? null,
        text,
      }));
      return {
        data: plainJson({ recommendation: { ...shown, statements } }),
        text: [
          ...recommendationText(shown, colours),
          ...section(
            "its statements",
            statements.map(({ queryId, text }) => `${safeText(queryId ?? "")}  ${shortText(text, 90)}`),
            colours,
          ),
        ].join("\n"),
      };
    });
  },
});
