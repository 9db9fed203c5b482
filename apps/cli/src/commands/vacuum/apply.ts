import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { durationInput } from "../../input/duration-input.ts";
import { plainJson } from "../../output/plain-json.ts";

export default defineCommand({
  description: `Sets what \`smith vacuum advise\` advises for one table, and records what it was before, so that it can be followed and
taken back. It waits two seconds at most for a lock that keeps off vacuum and other changes of the table, but neither reads nor
writes, and must run as the table's owner. No row is rewritten.`,
  arguments: [{ name: "table", description: "the table, such as agents.state" }],
  options: [
    { flags: "--over <duration>", description: "look twice, so far apart: 5m, 1h" },
    { flags: "--dry-run", description: "show the statements and run none of them" },
  ],
  examples: [
    { run: "smith vacuum apply agents.state --dry-run", does: "see what would be run" },
    { run: "smith vacuum apply agents.state", does: "do it" },
  ],
  exitCodes: {
    failed: "the lock was held for too long, or the role is not the owner",
    "not-found": "",
    unreachable: "",
  },
  related: ["vacuum watch", "vacuum revert"],
  input: z.strictObject({
    table: z.string(),
    over: durationInput.optional(),
    dryRun: z.boolean().default(false),
  }),
  async run(context, { table, over, dryRun }) {
    const [{ withDatabase }, { adviseVacuum, changeStorage }, { lookAtChurn }, { adviceText }, { NotFound }] =
      await Promise.all([
        import("../../database/with-database.ts"),
        import("@mister-smith/monitoring"),
        import("../../vacuum/look-at-churn.ts"),
        import("../../vacuum/advice-text.ts"),
        import("../../not-found.ts"),
      ]);
    return await withDatabase(context, `change ${table}`, async (database) => {
      const [churn] = await lookAtChurn(context, database, { table, overMs: over });
      if (churn === undefined)
        throw new NotFound("the table", table, "`smith vacuum advise` lists those with something to change.");
      const advice = adviseVacuum(churn);
      if (advice === null) {
        context.note(`nothing to change about ${table}`);
        return { data: { table, advice: null, change: null, dryRun }, text: "" };
      }
      const change = dryRun ? null : await changeStorage(database, churn, advice);
      const done =
        change === null
          ? "nothing was run"
          : `done; to take it back: smith vacuum revert ${change.change_id}`;
      return {
        data: plainJson({ table, advice, change, dryRun }),
        text: [adviceText(advice, context.colours), "", done].join("\n"),
      };
    });
  },
});
