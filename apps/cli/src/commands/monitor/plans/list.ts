import type { ListedPlan } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import { wholeNumberInput } from "../../../input/whole-number-input.ts";
import type { Colours } from "../../../output/colours.ts";
import { durationText } from "../../../output/duration-text.ts";
import { listResult } from "../../../output/page-result.ts";
import { shortText } from "../../../output/safe-text.ts";
import { stackedTable } from "../../../output/stacked-table.ts";
import { utcText } from "../../../output/utc-text.ts";

export default defineCommand({
  description: `Shows the plans on record, that first which became the plan of its statement last. smithd (its role monitor) captures those
of the slowest statements; smith monitor plans capture does it now. "ways" is how many plans a statement has on record.

A statement has a row for each way in which it was planned: the same nodes on the same tables and indexes are one, whatever they
cost. "generic" is what PostgreSQL would do for any parameters, "executed" what auto_explain saw. Nothing is changed.`,
  options: [
    { flags: "--query <id>", description: "only those of one statement: its queryid in pg_stat_statements" },
    { flags: "--changed", description: "only those of statements that have several" },
    { flags: "--limit <n>", description: "show at most this many, 1 to 1000; default: 20" },
  ],
  examples: [
    {
      run: "smith monitor plans list --changed",
      does: "see which statements are planned otherwise than before",
    },
    { run: "smith monitor plans list --json | jq -r '.plans[].planId'", does: "get their ids" },
  ],
  exitCodes: { failed: "", unreachable: "" },
  related: ["monitor plans show", "monitor plans diff", "monitor slow"],
  input: z.strictObject({
    query: z.string().max(100).optional(),
    changed: z.boolean().default(false),
    limit: wholeNumberInput(1, 1000).default(20),
  }),
  async run(context, { query, changed, limit }) {
    const [{ withDatabase }, { listPlans }] = await Promise.all([
      import("../../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
    ]);
    const plans = await withDatabase(context, "list the plans", ({ write }) =>
      listPlans(write, { queryId: query, changed, limit }),
    );
    return listResult(context, {
      name: "plans",
      items: plans.map(shown),
      lines: () => planTable(plans, context.colours),
      empty: "no plan is on record; `smith monitor plans capture` makes some",
    });
  },
});

function shown(plan: ListedPlan) {
  return {
    planId: plan.plan_id,
    queryId: plan.query_hash,
    source: plan.plan_source,
    ways: plan.plans,
    text: plan.query_text,
    capturedAt: plan.captured_at,
    chosenAt: plan.chosen_at,
    seenAt: plan.seen_at,
    calls: plan.calls,
    totalMs: plan.total_exec_time_ms,
    meanMs: plan.mean_exec_time_ms,
  };
}

function planTable(plans: readonly ListedPlan[], colours: Colours): string[] {
  return stackedTable(
    ["plan", "source", "ways", "chosen", "seen", "mean"],
    plans.map((plan) => ({
      cells: [
        plan.plan_id,
        plan.plan_source,
        plan.plans > 1 ? colours.yellow(String(plan.plans)) : "1",
        utcText(plan.chosen_at),
        utcText(plan.seen_at),
        plan.mean_exec_time_ms === null ? "-" : durationText(plan.mean_exec_time_ms),
      ],
      below: shortText(plan.query_text, 110),
    })),
    colours,
  );
}
