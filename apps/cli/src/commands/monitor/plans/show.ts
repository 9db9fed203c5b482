import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import { idInput } from "../../../input/id-input.ts";
import { plainJson } from "../../../output/plain-json.ts";

export default defineCommand({
  description: `Shows one plan on record as a tree, each node below the one that asks it, with its costs and rows as PostgreSQL estimates
them, and as they were where auto_explain saw it executed. "planned as" is what it took to plan a statement whose text on record
could not be: casts of parameters, mostly. Nothing is executed or changed.`,
  arguments: [{ name: "plan", description: "the id of a plan, as the list shows it" }],
  examples: [
    {
      run: "smith monitor plans show 0193a1f0-7c2e-4b1a-9d54-3f1f6a0c2b11",
      does: "see how a statement is done",
    },
    {
      run: "smith monitor plans show 0193a1f0-7c2e-4b1a-9d54-3f1f6a0c2b11 --json | jq .plan",
      does: "get what EXPLAIN (FORMAT JSON) gave, for another tool",
    },
  ],
  exitCodes: { failed: "", "not-found": "no plan has this id", unreachable: "" },
  related: ["monitor plans list", "monitor plans diff"],
  input: z.strictObject({ plan: idInput }),
  async run(context, { plan: planId }) {
    const [
      { withDatabase },
      { planLines, planLineText },
      { planDocument, planFacts, safeLines },
      { findPlan },
    ] = await Promise.all([
      import("../../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
      import("../../../monitor/shown-plan.ts"),
      import("../../../monitor/find-plan.ts"),
    ]);
    const found = await withDatabase(context, "read the plan", ({ write }) => findPlan(write, planId));
    const tree = safeLines(planLines(found.plan).flatMap(planLineText));
    return {
      data: plainJson(planDocument(found)),
      text: [...planFacts(found, context.colours), "", ...tree].join("\n"),
    };
  },
});
