import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { listResult } from "../../output/page-result.ts";
import { limitsTable } from "../../tasks/limits-table.ts";

export default defineCommand({
  description: `Shows the limits of task types: how many may run at once over all workers, how many may start in a time, and
whether the type is paused. Types that are not shown have no limits. It changes nothing.`,
  examples: [{ run: "smith tasks limits", does: "see what is held back on purpose" }],
  exitCodes: { failed: "", unreachable: "" },
  related: ["tasks limit", "tasks backlog"],
  input: z.strictObject({}),
  async run(context) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const items = await withDatabase(context, "list the limits", ({ tasks }) =>
      tasks.limits({ signal: context.signal }),
    );
    return listResult(context, {
      name: "limits",
      items,
      lines: (limits) => limitsTable(limits, context.colours),
      empty: "no type has limits",
    });
  },
});
