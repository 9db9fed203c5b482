import type { Bloat } from "@mister-smith/monitoring";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import { byteText } from "../../output/byte-text.ts";
import type { Colours } from "../../output/colours.ts";
import { listResult } from "../../output/page-result.ts";
import { table } from "../../output/table.ts";

export default defineCommand({
  description: `Shows the tables and indexes of this database that waste most: what is neither rows, or entries, nor what their
fillfactor leaves free. It is estimated of the statistics, which reads nothing of them; where the extension pgstattuple is
there, the worst are read for the exact value, 64 MiB of tables and as much of indexes at most. CREATE EXTENSION pgstattuple SCHEMA
monitoring makes it usable for pg_monitor.

Where nothing can be said, the last column says why: locked, no statistics (ANALYZE), not visible, or unsupported, such as
indexes of GIN. Nothing is changed.`,
  options: [
    { flags: "--limit <n>", description: "show at most this many of each kind, 1 to 1000; default: 20" },
  ],
  examples: [
    { run: "smith monitor bloat", does: "see what is worth REINDEX CONCURRENTLY or VACUUM" },
    {
      run: "smith monitor bloat --json | jq '.relations[] | select(.index != null and .bloatBytes > 1e8) | .index'",
      does: "get the indexes that waste more than 100 MB",
    },
  ],
  exitCodes: {
    incomplete: "the functions that estimate it are not in the database",
    unreachable: "",
    failed: "",
  },
  related: ["monitor vacuum", "monitor disk"],
  input: z.strictObject({ limit: wholeNumberInput(1, 1_000).default(20) }),
  async run(context, { limit }) {
    const [{ withMonitor }, { SmithError }] = await Promise.all([
      import("../../monitor/with-monitor.ts"),
      import("@mister-smith/errors"),
    ]);
    const found = await withMonitor(context, "look for bloat", (monitor) => monitor.bloat(limit));
    if (found === null)
      throw new SmithError("SERVER_NOT_FOUND", "the database has no functions that estimate bloat", {
        hint: "Run `smith migrate up` against it.",
      });
    return listResult(context, {
      name: "relations",
      items: found,
      lines: (relations) => bloatTable(relations, context.colours),
      empty: "the database has no tables of its own",
    });
  },
});

function bloatTable(relations: readonly Bloat[], colours: Colours): string[] {
  const rows = relations.map(({ schema, table: name, index, bytes, bloatBytes, method, reason }) => [
    bloatBytes === null ? "-" : byteText(bloatBytes),
    bloatBytes === null || bytes === null || bytes === 0
      ? "-"
      : `${Math.round((bloatBytes * 100) / bytes)} %`,
    bytes === null ? "-" : byteText(bytes),
    index === null ? "table" : "index",
    index === null ? `${schema}.${name}` : `${schema}.${index}`,
    method ?? reason ?? "",
  ]);
  return table(["bloat", "part", "size", "kind", "name", ""], rows, colours);
}
