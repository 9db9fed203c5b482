import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import { table } from "../../output/table.ts";
import type { OptionalIndex } from "../../sql/optional-indexes.ts";

export default defineCommand({
  description: `Shows the indexes that are there only for who asks for them. They stand on tables that are written all
the time, and every write pays for them: enable one when you query as it says, and not before.

"partial" means that an enabling was interrupted, or that a partition was attached without the index; enable it again
to finish.`,
  examples: [
    { run: "smith indexes list", does: "see which there are and what each is for" },
    {
      run: "smith indexes list --json | jq -r '.indexes[] | select(.state == \"partial\").index'",
      does: "find those that were interrupted",
    },
  ],
  exitCodes: { failed: "", unreachable: "" },
  related: ["indexes enable", "indexes disable"],
  input: z.strictObject({}),
  async run(context) {
    const [{ withDatabase }, { selectOptionalIndexes }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("../../sql/optional-indexes.ts"),
    ]);
    const indexes = await withDatabase(context, "list the optional indexes", (database) =>
      database.write.any(selectOptionalIndexes),
    );
    return { data: { indexes }, text: asText(indexes, context) };
  },
});

function asText(indexes: readonly OptionalIndex[], { colours }: Context): string {
  const paint = { present: colours.green, absent: colours.dim, partial: colours.yellow };
  const rows = indexes.map((one) => [
    one.index,
    one.table,
    paint[one.state](
      one.state === "partial" ? `partial (${one.built_partitions} of ${one.partitions})` : one.state,
    ),
    one.purpose,
  ]);
  return table(["index", "table", "state", "for"], rows, colours).join("\n");
}
