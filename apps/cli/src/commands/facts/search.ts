import type { FoundFact } from "@mister-smith/client";
import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { factFilterInput, factFilterOf, factFilterOptions } from "../../facts/fact-filter-options.ts";
import { wholeNumberInput } from "../../input/whole-number-input.ts";
import type { Colours } from "../../output/colours.ts";
import { listResult } from "../../output/page-result.ts";
import { shortText } from "../../output/safe-text.ts";
import { stackedTable } from "../../output/stacked-table.ts";

export default defineCommand({
  description: `Searches the texts of facts, the best match first, as one writes for a search engine: words that must all be there,
"words in this order" within quotes, or, -without. Only facts of the type text are searched. It changes nothing.`,
  arguments: [
    { name: "words", description: "what to search for; before words with a dash, write --", variadic: true },
  ],
  options: [
    ...factFilterOptions,
    { flags: "--limit <n>", description: "show at most this many, 1 to 1000; default: 20" },
  ],
  examples: [
    { run: "smith facts search flaky network test", does: "find facts by their words" },
    { run: `smith facts search '"connection refused"' --ever`, does: "find an exact phrase, however old" },
    { run: "smith facts search -- timeout -network", does: "leave out what has a word" },
  ],
  exitCodes: { failed: "", unreachable: "" },
  related: ["facts list", "facts show"],
  input: z.strictObject({
    ...factFilterInput,
    words: z.array(z.string()).min(1, "expected words to search for"),
    limit: wholeNumberInput(1, 1000).default(20),
  }),
  async run(context, { words, limit, ...input }) {
    const filter = factFilterOf(input);
    const { withDatabase } = await import("../../database/with-database.ts");
    const search = { ...filter, query: words.join(" "), limit, headline: { before: "[", after: "]" } };
    const items = await withDatabase(context, "search the facts", ({ knowledge }) =>
      knowledge.searchText(search, { signal: context.signal }),
    );
    return listResult(context, {
      name: "facts",
      items,
      lines: (facts) => foundTable(facts, context.colours),
      empty: "no text has these words",
    });
  },
});

function foundTable(facts: readonly FoundFact[], colours: Colours): string[] {
  const rows = facts.map((fact) => ({
    cells: [
      fact.factId,
      fact.rank.toFixed(3),
      shortText(fact.predicate, 24),
      shortText(`${fact.entityType}:${fact.entityId}`, 44),
    ],
    below: shortText(fact.headline ?? "", 116),
  }));
  return stackedTable(["fact", "match", "predicate", "about"], rows, colours);
}
