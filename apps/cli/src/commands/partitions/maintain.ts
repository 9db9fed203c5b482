import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import { count } from "../../output/count.ts";
import { table } from "../../output/table.ts";
import type { MaintainedTable } from "../../partitions/maintain-partitions.ts";

const days = "expected a whole number of days from 0 to 36500";

export default defineCommand({
  description: `Looks after the tables that partitions.settings lists: creates the partitions of the coming days, moves
rows that waited in a default partition to where they belong, and drops partitions that are older than their
retention. Run it daily, or more often: two runs at once are safe, and one that finds nothing to do changes nothing.

Dropping a partition deletes its rows for good. Each table is a transaction of its own; what is done when a later
table fails stays done.`,
  options: [
    {
      flags: "--retain-days <days>",
      description:
        "keep this many days in every table, whatever partitions.settings says; needs the owner's rights",
    },
    {
      flags: "--dry-run",
      description: "do it in a transaction that is rolled back, and show what it would have done",
    },
  ],
  examples: [
    { run: "smith partitions maintain", does: "do the daily upkeep" },
    {
      run: "smith partitions maintain --retain-days 14 --dry-run",
      does: "see what keeping two weeks would drop",
    },
  ],
  exitCodes: {
    failed:
      "the upkeep of a table failed, for instance because its locks were not granted; nothing of it was changed",
    unreachable: "",
  },
  related: ["partitions list"],
  input: z.strictObject({
    retainDays: z.coerce.number(days).int(days).min(0, days).max(36_500, days).optional(),
    dryRun: z.boolean().default(false),
  }),
  async run(context, options) {
    const { maintainPartitions } = await import("../../partitions/maintain-partitions.ts");
    using progress = context.progress("looking after the partitions");
    const tables = await maintainPartitions(context, {
      ...options,
      onTable: (name) => progress.update(`looking after ${name}`),
    });
    return { data: { dryRun: options.dryRun, tables }, text: asText(tables, options.dryRun, context) };
  },
});

function asText(tables: readonly MaintainedTable[], dryRun: boolean, { colours }: Context): string {
  if (tables.length === 0) return "partitions.settings lists no table";
  const rows = tables.map((one) => [
    one.table,
    String(one.created),
    count(one.moved_rows, "row"),
    String(one.dropped),
    count(one.purged_rows, "row"),
  ]);
  const lines = table(["table", "created", "moved", "dropped", "purged"], rows, colours);
  return (dryRun ? [...lines, "", "rolled back: nothing was changed"] : lines).join("\n");
}
