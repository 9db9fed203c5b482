import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import { count } from "../../../output/count.ts";
import { outcomesResult } from "../../../output/outcomes-result.ts";
import {
  checkChoice,
  choiceArguments,
  choiceInput,
  choiceOptions,
} from "../../../sync/dead-letter-choice.ts";
import { UsageError } from "../../../usage-error.ts";

export default defineCommand({
  description: `Removes dead letters for good, with their bytes; there is no way back. Name them, or take all open ones of a pipe with
--pipe and --all. The stores stay as they are: a write of the bucket (flush) never reaches PostgreSQL, a message
(consume) is not handled. An event (relay) is never published, and those that wait behind it are, unless it was
retried before: then only the record of it goes.`,
  arguments: choiceArguments,
  options: [
    ...choiceOptions,
    { flags: "--retried", description: "with --all: also those that were retried" },
  ],
  examples: [
    { run: "smith sync dead-letters drop 17", does: "give one up" },
    {
      run: "smith sync dead-letters drop --pipe consume:mailer --all",
      does: "give up what a consumer could not handle",
    },
  ],
  exitCodes: {
    failed: "a statement failed; what is gone is gone",
    "not-found": "one of them does not exist; the others are gone",
    unreachable: "",
  },
  related: ["sync dead-letters list", "sync dead-letters show", "sync dead-letters retry"],
  input: choiceInput.extend({ retried: z.boolean().default(false) }),
  async run(context, choice) {
    checkChoice(choice);
    if (choice.retried && !choice.all)
      throw new UsageError("--retried needs --all", { hint: "What is named is dropped in any case." });
    const [{ withDatabase }, { dropAll }, { chosenIds }] = await Promise.all([
      import("../../../database/with-database.ts"),
      import("../../../sync/drop-all.ts"),
      import("../../../sync/chosen-dead-letters.ts"),
    ]);
    const { signal } = context;
    using progress = context.progress("dropping");
    const deadLetters = await withDatabase(context, "drop the dead letters", async (database) =>
      dropAll(database, await chosenIds(database, choice, signal), signal, (gone) =>
        progress.update(`dropping: ${gone}`),
      ),
    );
    const dropped = deadLetters.filter(({ outcome }) => outcome === "dropped").length;
    // Somebody else may have dropped one meanwhile, which is what was wanted.
    if (choice.all) return { data: { deadLetters }, text: `${count(dropped, "dead letter")} dropped` };
    return outcomesResult(context, {
      what: "dead letter",
      outcomes: deadLetters.map(({ deadLetterId, outcome }) => ({
        id: String(deadLetterId),
        verdict: outcome === "dropped" ? "done" : "missing",
        words: outcome === "dropped" ? outcome : "does not exist",
      })),
      data: { deadLetters },
    });
  },
});
