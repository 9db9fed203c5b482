import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { shownRecommendation } from "../../index-advice/shown-recommendation.ts";
import { idInput } from "../../input/id-input.ts";
import { plainJson } from "../../output/plain-json.ts";

export default defineCommand({
  description: `Turns a pending recommendation down: the same index is not advised again.`,
  arguments: [{ name: "id", description: "the recommendation, as `smith index recommend` shows it" }],
  options: [{ flags: "--reason <text>", description: "why, for those who come later" }],
  examples: [
    {
      run: "smith index reject 0193a1f0-7c2e-7b1a-9d54-3f1f6a0c2b11 --reason 'the report is going'",
      does: "not be told again",
    },
  ],
  exitCodes: { failed: "it is not pending", "not-found": "", unreachable: "" },
  related: ["index recommend", "index explain"],
  input: z.strictObject({ id: idInput, reason: z.string().min(1).max(1000).optional() }),
  async run(context, { id, reason }) {
    const [{ withDatabase }, { rejectRecommendation }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    const rejected = await withDatabase(context, "reject the recommendation", async ({ write }) =>
      shownRecommendation(await rejectRecommendation(write, id, reason ?? null)),
    );
    return { data: plainJson({ recommendation: rejected }), text: `${rejected.index} is not advised again` };
  },
});
