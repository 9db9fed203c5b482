import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { factFilterInput, factFilterOf, factFilterOptions } from "../../facts/fact-filter-options.ts";
import { factTable } from "../../facts/fact-table.ts";
import { pageInput, pageOptions } from "../../input/page-input.ts";
import { pageResult } from "../../output/page-result.ts";

export default defineCommand({
  description: `Shows what agents found out, what was written down last first: facts that are valid now, or were at another time.
Filters narrow each other. It changes nothing.`,
  options: [...factFilterOptions, ...pageOptions],
  examples: [
    { run: "smith facts list --entity repository:acme/api", does: "see what is held about something" },
    { run: "smith facts list --predicate language --min-confidence 0.8", does: "see what is rather sure" },
    {
      run: "smith facts list --entity repository:acme/api --as-of 2026-11-01",
      does: "see what was held then",
    },
  ],
  exitCodes: { failed: "", unreachable: "" },
  related: ["facts show", "facts history", "facts search"],
  input: z.strictObject({ ...pageInput, ...factFilterInput }),
  async run(context, { limit, cursor, ...input }) {
    const filter = factFilterOf(input);
    const { withDatabase } = await import("../../database/with-database.ts");
    const page = await withDatabase(context, "list the facts", ({ knowledge }) =>
      knowledge.find({ ...filter, limit, cursor }, { signal: context.signal }),
    );
    return pageResult(context, {
      ...page,
      name: "facts",
      lines: (facts) => factTable(facts, context.colours),
      empty: input.ever
        ? "no fact is like that"
        : "no fact that is valid then is like that; --ever shows all",
    });
  },
});
