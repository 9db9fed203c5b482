import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { listResult } from "../../output/page-result.ts";
import { shortText } from "../../output/safe-text.ts";
import { table } from "../../output/table.ts";
import { utcText } from "../../output/utc-text.ts";

export default defineCommand({
  description: `Shows how much there is to do, by type: what may be started now and since when, what is to be started later,
what runs, and what failed for good. Tasks that wait for other tasks are not among them. It changes nothing.

"oldest ready" long ago with nothing running means that no worker takes the type, or that its limits hold it back:
\`smith tasks limits\` shows them.`,
  examples: [
    { run: "smith tasks backlog", does: "see where work piles up" },
    { run: "smith tasks backlog --json | jq '[.backlog[].dead] | add'", does: "count the dead tasks" },
  ],
  exitCodes: { failed: "", unreachable: "" },
  related: ["tasks running", "tasks dead", "tasks limits"],
  input: z.strictObject({}),
  async run(context) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const items = await withDatabase(context, "read the backlog", ({ tasks }) =>
      tasks.backlog({ signal: context.signal }),
    );
    const { colours } = context;
    const titles = ["type", "ready", "later", "running", "dead", "oldest ready"];
    const cells = (one: (typeof items)[number]) => [
      shortText(one.taskType, 40),
      String(one.ready),
      String(one.delayed),
      String(one.running),
      one.dead > 0 ? colours.red(String(one.dead)) : "0",
      utcText(one.oldestReadyAt),
    ];
    return listResult(context, {
      name: "backlog",
      items,
      lines: (backlog) => table(titles, backlog.map(cells), colours),
      empty: "nothing is ready, running or dead",
    });
  },
});
