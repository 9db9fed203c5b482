import type { RetriedDeadLetter } from "@mister-smith/sync";
import type { CommandResult } from "../../../command/command-result.ts";
import { defineCommand } from "../../../command/define-command.ts";
import type { Context } from "../../../context.ts";
import { count } from "../../../output/count.ts";
import { type Outcome, outcomesResult } from "../../../output/outcomes-result.ts";
import { plainJson } from "../../../output/plain-json.ts";
import {
  checkChoice,
  choiceArguments,
  choiceInput,
  choiceOptions,
} from "../../../sync/dead-letter-choice.ts";

export default defineCommand({
  description: `Tries dead letters again, when what was wrong is put right: the agent is registered by now, or the limit raised. Name
them, or take all open ones of a pipe with --pipe and --all.

A write of the bucket (flush) is written there again, unless the key has a newer value in the bucket or in PostgreSQL:
then it stays as it is. A delete that has left both stores cannot be seen: look whether the key is still wanted. An
event (relay) is published by smithd, and then those that wait behind it. A message (consume) is published under its
subject again, and every consumer of that gets it.

What fails again is another dead letter. A retry only once; \`smith sync dead-letters drop\` removes what is done.`,
  arguments: choiceArguments,
  options: choiceOptions,
  examples: [
    { run: "smith sync dead-letters retry 17 18", does: "try two again" },
    { run: "smith sync dead-letters retry --pipe relay --all", does: "try all events again" },
  ],
  exitCodes: {
    failed: "one of them has a newer value, was retried before, or is not taken; the others are retried",
    "not-found": "one of them does not exist; the others are retried",
    unreachable: "PostgreSQL or NATS could not be reached; what was retried before is marked",
  },
  related: ["sync dead-letters list", "sync dead-letters show", "sync dead-letters drop"],
  input: choiceInput,
  async run(context, choice) {
    checkChoice(choice);
    const [{ withBothStores }, { retryDeadLetters }, { chosenIds }] = await Promise.all([
      import("../../../sync/with-both-stores.ts"),
      import("@mister-smith/sync"),
      import("../../../sync/chosen-dead-letters.ts"),
    ]);
    using progress = context.progress("retrying");
    const { signal } = context;
    let done = 0;
    const deadLetters = await withBothStores(context, "retry the dead letters", async (stores) =>
      retryDeadLetters(stores, await chosenIds(stores.database, choice, signal), {
        signal,
        onOutcome: () => {
          done += 1;
          progress.update(`retrying: ${done}`);
        },
      }),
    );
    if (choice.all) return summary(context, deadLetters);
    return outcomesResult(context, {
      what: "dead letter",
      outcomes: deadLetters.map(outcomeOf),
      data: { deadLetters },
    });
  },
});

function outcomeOf({ deadLetterId, outcome, why }: RetriedDeadLetter): Outcome {
  const id = String(deadLetterId);
  if (outcome === "missing") return { id, verdict: "missing", words: "does not exist" };
  return { id, verdict: outcome === "retried" ? "done" : "refused", words: why ?? outcome };
}

/** Of many: how many were retried, and why others were not. Somebody else may have retried or dropped one meanwhile. */
function summary(context: Context, deadLetters: readonly RetriedDeadLetter[]): CommandResult {
  const retried = deadLetters.filter(({ outcome }) => outcome === "retried").length;
  const reasons = new Map<string, number>();
  for (const { outcome, why } of deadLetters)
    if (outcome === "newer" || outcome === "refused")
      reasons.set(why ?? outcome, (reasons.get(why ?? outcome) ?? 0) + 1);
  for (const [why, number] of reasons) context.note(`${count(number, "dead letter")} stayed: ${why}`);
  return {
    data: plainJson({ deadLetters }),
    text: `${count(retried, "dead letter")} retried`,
    exit: reasons.size > 0 ? "failed" : "ok",
  };
}
