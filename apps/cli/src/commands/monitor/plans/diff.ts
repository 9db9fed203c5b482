import type { ComparedLine } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import { idInput } from "../../../input/id-input.ts";
import type { Colours } from "../../../output/colours.ts";
import { plainJson } from "../../../output/plain-json.ts";

export default defineCommand({
  description: `Shows what is different between two plans as one tree: "-" is what only the earlier one has, "+" what only the later one
has; the rest is in both, with the numbers of the later one. With one plan, the other is the one that its statement had before.
Nothing is changed.`,
  arguments: [
    { name: "plan", description: "the id of a plan, as the list shows it" },
    {
      name: "before",
      description: "the id of the earlier one; default: the one before of the same statement",
      required: false,
    },
  ],
  examples: [
    {
      run: "smith monitor plans diff 0193a1f0-7c2e-4b1a-9d54-3f1f6a0c2b11",
      does: "see what a statement does otherwise than before",
    },
  ],
  exitCodes: {
    failed: "",
    "not-found": "no plan has this id, or its statement had none before",
    unreachable: "",
  },
  related: ["monitor plans list", "monitor plans show"],
  input: z.strictObject({ plan: idInput, before: idInput.optional() }),
  async run(context, { plan: planId, before: beforeId }) {
    const [
      { withDatabase },
      { comparePlans, planLineText, readPlanBefore },
      { planDocument, safeLines },
      { findPlan },
      { NotFound },
    ] = await Promise.all([
      import("../../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
      import("../../../monitor/shown-plan.ts"),
      import("../../../monitor/find-plan.ts"),
      import("../../../not-found.ts"),
    ]);
    const { before, after } = await withDatabase(context, "read the plans", async ({ write }) => {
      const later = await findPlan(write, planId);
      const id = beforeId ?? (await readPlanBefore(write, later.row))?.row.plan_id;
      if (id === undefined)
        throw new NotFound(
          "a plan before",
          planId,
          "Its statement had no other on record before; name the plan to hold it against.",
        );
      return { before: await findPlan(write, id), after: later };
    });
    const lines = comparePlans(before.plan, after.plan);
    const text = lines.flatMap((line) =>
      safeLines(planLineText(line)).map((each) => marked(each, line.in, context.colours)),
    );
    const isSame = lines.every((line) => line.in === "both");
    if (isSame) context.note("both plans go about it in the same way");
    return {
      data: plainJson({
        before: planDocument(before),
        after: planDocument(after),
        isSame,
        lines: lines.map(({ in: where, depth, label, numbers, details }) => ({
          in: where,
          depth,
          label,
          numbers,
          details,
        })),
      }),
      text: [`- ${before.row.plan_id}`, `+ ${after.row.plan_id}`, "", ...text].join("\n"),
    };
  },
});

function marked(line: string, where: ComparedLine["in"], colours: Colours): string {
  if (where === "both") return `  ${line}`;
  return where === "before" ? colours.red(`- ${line}`) : colours.green(`+ ${line}`);
}
