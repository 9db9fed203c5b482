import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import { count } from "../../output/count.ts";
import { table } from "../../output/table.ts";
import type { FailedTable, MaintainedTable } from "../../partitions/maintain-partitions.ts";

const days = "expected a whole number of days from 0 to 36500";

export default defineCommand({
  description: `Looks after the tables that partitions.settings lists: creates the partitions of the coming days, moves
rows that waited in a default partition to where they belong, and drops partitions that are older than their
retention. Run it daily, or more often: two runs at once are safe, and one that finds nothing to do changes nothing.

Dropping a partition deletes its rows for good. Each table is a transaction of its own: when one fails it stays as it
was, the others are looked after, and the command fails at its end.

"left" are the rows that stay in the default partition: days outside the years 1 to 9999 get no partition, and one run
takes on 60 days of each table. A number that stays means that somebody writes wrong times.`,
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
      "the upkeep of a table failed, for instance because its locks were not granted; it is as it was, the others were looked after",
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
    return {
      data: { dryRun: options.dryRun, tables },
      text: asText(tables, options.dryRun, context),
      exit: tables.some((one) => "error" in one) ? "failed" : "ok",
    };
  },
});

type Outcome = MaintainedTable | FailedTable;

function asText(tables: readonly Outcome[], dryRun: boolean, context: Context): string {
  if (tables.length === 0) return "partitions.settings lists no table";
  const { colours } = context;
  const header = ["table", "created", "moved", "dropped", "purged", "left"];
  const lines = table(
    header,
    tables.map((one) => cells(one, context)),
    colours,
  );
  for (const one of tables) {
    if ("error" in one)
      lines.push("", colours.red(one.error.message), ...(one.error.hint ? [one.error.hint] : []));
  }
  return (dryRun ? [...lines, "", "rolled back: nothing was changed"] : lines).join("\n");
}

function cells(one: Outcome, { colours }: Context): string[] {
  if ("error" in one) return [one.table, colours.red("failed")];
  return [
    one.table,
    String(one.created),
    count(one.moved_rows, "row"),
    String(one.dropped),
    count(one.purged_rows, "row"),
    count(one.default_rows, "row"),
  ];
}
