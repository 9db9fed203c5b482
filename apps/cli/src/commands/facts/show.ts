import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { factText } from "../../facts/fact-text.ts";
import { idInput } from "../../input/id-input.ts";
import { NotFound } from "../../not-found.ts";
import { plainJson } from "../../output/plain-json.ts";

export default defineCommand({
  description: `Shows one fact with all that is stored about it: what it says, who found it out, what it rests on, and for which
time. It changes nothing.`,
  arguments: [{ name: "fact-id", description: "the fact" }],
  examples: [
    { run: "smith facts show 0193a1f0-7c2e-4b1a-9d54-3f1f6a0c2b11", does: "see what a fact rests on" },
  ],
  exitCodes: { failed: "", "not-found": "no fact has this id", unreachable: "" },
  related: ["facts list", "facts history"],
  input: z.strictObject({ factId: idInput }),
  async run(context, { factId }) {
    const { withDatabase } = await import("../../database/with-database.ts");
    const fact = await withDatabase(context, "read the fact", ({ knowledge }) =>
      knowledge.get(factId, { signal: context.signal }),
    );
    if (fact === null)
      throw new NotFound("fact", factId, "`smith facts list --ever` shows the facts that there are.");
    return { data: plainJson({ fact }), text: factText(fact, context.colours) };
  },
});
