import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import { idInput } from "../../../input/id-input.ts";
import { wholeNumberInput } from "../../../input/whole-number-input.ts";
import { pageResult } from "../../../output/page-result.ts";

export default defineCommand({
  description: `Shows what could not be brought from one store to the other, the last one first, with the reason: writes of the
bucket that PostgreSQL cannot hold (pipe flush), events that JetStream does not take (relay), and messages that a consumer
gave up (consume:NAME). Each stays until it is retried or dropped. It changes nothing.`,
  options: [
    {
      flags: "--pipe <pipe>",
      description: "only of flush, relay, consume:NAME, or consume for all consumers",
      complete: ["flush", "relay", "consume"],
    },
    { flags: "--reason <code>", description: "only with this reason, such as unknown-agent" },
    { flags: "--agent <agent-id>", description: "only what names this agent in its subject" },
    { flags: "--retried", description: "also those that were retried" },
    { flags: "--limit <n>", description: "show at most this many, 1 to 1000; default: 50" },
    { flags: "--cursor <id>", description: "go on behind this dead letter; filters as before" },
  ],
  examples: [
    { run: "smith sync dead-letters list", does: "see what was given up last" },
    { run: "smith sync dead-letters list --pipe flush --reason bad-value", does: "see who writes no JSON" },
    {
      run: "smith sync dead-letters list --json | jq -r '.deadLetters[].reasonCode' | sort | uniq -c",
      does: "see which reasons are frequent",
    },
  ],
  exitCodes: { failed: "", unreachable: "" },
  related: ["sync dead-letters show", "sync dead-letters retry", "sync dead-letters drop", "sync status"],
  input: z.strictObject({
    pipe: z.string().min(1).optional(),
    reason: z.string().min(1).optional(),
    agent: idInput.optional(),
    retried: z.boolean().default(false),
    limit: wholeNumberInput(1, 1000).default(50),
    cursor: wholeNumberInput(1, 999_999_999_999_999).optional(),
  }),
  async run(context, { pipe, reason, agent, retried, limit, cursor }) {
    const [{ withDatabase }, { listDeadLetters }, { deadLetterTable }] = await Promise.all([
      import("../../../database/with-database.ts"),
      import("@mister-smith/sync"),
      import("../../../sync/dead-letter-text.ts"),
    ]);
    const page = await withDatabase(context, "list the dead letters", (database) =>
      listDeadLetters(
        database,
        { pipe, reasonCode: reason, agentId: agent, includeRetried: retried, limit, cursor },
        { signal: context.signal },
      ),
    );
    return pageResult(context, {
      name: "deadLetters",
      items: page.items,
      nextCursor: page.nextCursor === null ? null : String(page.nextCursor),
      lines: (letters) => deadLetterTable(letters, context.colours),
      empty: "there is no such dead letter",
    });
  },
});
