import type { Schedule } from "@mister-smith/client";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Colours } from "../../output/colours.ts";
import { listResult } from "../../output/page-result.ts";
import { shortText } from "../../output/safe-text.ts";
import { stackedTable } from "../../output/stacked-table.ts";
import { utcText } from "../../output/utc-text.ts";

export default defineCommand({
  description: `Shows the schedules by which workers enqueue tasks again and again: when, what, when next, and the task that was
enqueued last. A next time that has passed means that no worker runs. It changes nothing.`,
  examples: [
    { run: "smith tasks schedules", does: "see what is enqueued by the clock" },
    {
      run: "smith tasks schedules --json | jq '.schedules[] | select(.isActive | not).name'",
      does: "find those that are off",
    },
  ],
  exitCodes: { failed: "", unreachable: "" },
  related: ["tasks list", "tasks backlog"],
  input: z.strictObject({}),
  async run(context) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const items = await withDatabase(context, "list the schedules", ({ tasks }) =>
      tasks.schedules({ signal: context.signal }),
    );
    return listResult(context, {
      name: "schedules",
      items,
      lines: (schedules) => scheduleTable(schedules, context.colours),
      empty: "there is no schedule",
    });
  },
});

function scheduleTable(schedules: readonly Schedule[], colours: Colours): string[] {
  const rows = schedules.map((one) => ({
    cells: [
      shortText(one.name, 36),
      shortText(one.cron, 20),
      shortText(one.timeZone, 20),
      one.isActive ? utcText(one.nextRunAt) : colours.yellow("off"),
      shortText(one.taskType, 14),
    ],
    below: one.lastTaskId === null ? "" : `last ${utcText(one.lastRunAt)}  ${one.lastTaskId}`,
  }));
  return stackedTable(["schedule", "cron", "time zone", "next", "type"], rows, colours);
}
