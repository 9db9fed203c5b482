import { SmithError } from "@mister-smith/errors";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import { byteText } from "../../output/byte-text.ts";
import { table } from "../../output/table.ts";
import type { Partition } from "../../sql/partitions.ts";

export default defineCommand({
  description: `Shows every partition with its bounds, its size with indexes, and how many rows it held at the last
ANALYZE. A default partition is the net for rows that no other takes: rows in one of a table partitioned by time
mean that the upkeep did not run in time, and \`smith partitions maintain\` moves them to where they belong; those with
a time outside the years 1 to 9999 stay.`,
  arguments: [
    { name: "table", description: "only the partitions of this table, as schema.table", required: false },
  ],
  examples: [
    { run: "smith partitions list", does: "see all partitions" },
    { run: "smith partitions list messages.log", does: "see those of one table" },
    {
      run: "smith partitions list --json | jq '[.partitions[].size_bytes] | add'",
      does: "add up their sizes in bytes",
    },
  ],
  exitCodes: { failed: "the table is not partitioned, or the role may not look", unreachable: "" },
  related: ["partitions maintain", "migrate status"],
  input: z.strictObject({ table: z.string().optional() }),
  async run(context, input) {
    const [{ withDatabase }, { selectPartitions }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("../../sql/partitions.ts"),
    ]);
    const partitions = await withDatabase(context, "list the partitions", (database) =>
      database.write.any(selectPartitions(input.table)),
    );
    if (input.table !== undefined && partitions.length === 0) throw notPartitioned(input.table);
    return { data: { partitions }, text: asText(partitions, context) };
  },
});

function notPartitioned(name: string): SmithError {
  return new SmithError("NOT_PARTITIONED", `no partitioned table is called ${name}`, {
    hint: "Run `smith partitions list` without a name to see all, and name one as schema.table.",
  });
}

function asText(partitions: readonly Partition[], { colours }: Context): string {
  if (partitions.length === 0) return "no table is partitioned";
  const rows = partitions.map((one) => [
    one.parent,
    one.partition,
    byteText(one.size_bytes),
    one.row_estimate === null ? "?" : String(one.row_estimate),
    one.is_default && (one.row_estimate ?? 0) > 0
      ? colours.yellow("DEFAULT, and it holds rows")
      : shortBounds(one),
  ]);
  return table(["table", "partition", "size", "rows", "bounds"], rows, colours).join("\n");
}

// Bounds by whole days of UTC are the rule; their midnights and the words around them only hide the days.
function shortBounds({ bounds }: Partition): string {
  return bounds.replace(/^FOR VALUES /, "").replaceAll(" 00:00:00+00'", "'");
}
