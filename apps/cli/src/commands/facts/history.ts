import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { entityInput } from "../../facts/entity-input.ts";
import { factTable } from "../../facts/fact-table.ts";
import { listResult } from "../../output/page-result.ts";

export default defineCommand({
  description: `Shows everything that was ever held about one predicate of an entity, and what is yet to come, the earliest beginning
first. It changes nothing.`,
  arguments: [
    { name: "entity", description: "what the facts are about, as TYPE:ID" },
    { name: "predicate", description: "what is said about it" },
  ],
  examples: [
    { run: "smith facts history repository:acme/api language", does: "see how the answer changed over time" },
  ],
  exitCodes: { failed: "", unreachable: "" },
  related: ["facts list", "facts show"],
  input: z.strictObject({
    entity: entityInput,
    predicate: z.string().min(1, "expected a predicate").max(255, "at most 255 characters"),
  }),
  async run(context, { entity, predicate }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const items = await withDatabase(context, "read the history", ({ knowledge }) =>
      knowledge.history({ ...entity, predicate }, { signal: context.signal }),
    );
    return listResult(context, {
      name: "facts",
      items,
      lines: (facts) => factTable(facts, context.colours),
      empty: "nothing was ever held about that",
    });
  },
});
