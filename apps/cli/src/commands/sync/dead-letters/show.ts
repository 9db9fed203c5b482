import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import { NotFound } from "../../../not-found.ts";
import { plainJson } from "../../../output/plain-json.ts";
import { deadLetterIdInput } from "../../../sync/dead-letter-choice.ts";

export default defineCommand({
  description: `Shows one dead letter with all that is stored about it: why it was given up, where it came from, its headers and
its bytes, as text where they are UTF-8. With --json they are whole, in base64 as well. It changes nothing.`,
  arguments: [{ name: "id", description: "the dead letter" }],
  examples: [
    { run: "smith sync dead-letters show 17", does: "learn why a write was put aside" },
    {
      run: "smith sync dead-letters show 17 --json | jq -r .payloadBase64 | base64 -d > value",
      does: "save its bytes, unchanged",
    },
  ],
  exitCodes: { failed: "", "not-found": "no dead letter has this number", unreachable: "" },
  related: ["sync dead-letters list", "sync dead-letters retry", "sync dead-letters drop"],
  input: z.strictObject({ id: deadLetterIdInput }),
  async run(context, { id }) {
    const [{ withDatabase }, { getDeadLetter }, { deadLetterText, payloadText }] = await Promise.all([
      import("../../../database/with-database.ts"),
      import("@mister-smith/sync"),
      import("../../../sync/dead-letter-text.ts"),
    ]);
    const letter = await withDatabase(context, "read the dead letter", (database) =>
      getDeadLetter(database, id, { signal: context.signal }),
    );
    if (letter === null)
      throw new NotFound(
        "dead letter",
        String(id),
        "`smith sync dead-letters list` shows those that are open; what was dropped is gone.",
      );
    const { payload, ...rest } = letter;
    return {
      data: plainJson({
        ...rest,
        payloadText: payload === null ? null : payloadText(payload),
        payloadBase64: payload === null ? null : Buffer.from(payload).toString("base64"),
      }),
      text: deadLetterText(letter, context.colours),
    };
  },
});
