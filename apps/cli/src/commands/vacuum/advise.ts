import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import { durationInput } from "../../input/duration-input.ts";
import { plainJson } from "../../output/plain-json.ts";

export default defineCommand({
  description: `Says for which tables autovacuum should be set otherwise, by how much each of them changes: what to set, why, and what
to expect of it. A table that is small, quiet or set well already is not named. Nothing is changed.

It goes by all changes since the server's statistics began, or by those of the next minutes with --over: use that when the load is
another one now.`,
  arguments: [
    { name: "table", description: "look at this table only, such as agents.state", required: false },
  ],
  options: [{ flags: "--over <duration>", description: "look twice, so far apart: 5m, 1h" }],
  examples: [
    { run: "smith vacuum advise", does: "see which tables autovacuum comes to too late" },
    { run: "smith vacuum advise --over 10m", does: "go by the load of the next ten minutes" },
  ],
  exitCodes: { failed: "", "not-found": "there is no such table", unreachable: "" },
  related: ["vacuum apply", "vacuum watch"],
  input: z.strictObject({ table: z.string().optional(), over: durationInput.optional() }),
  async run(context, { table = null, over }) {
    const [{ withDatabase }, { adviseVacuum }, { lookAtChurn }, { adviceText }] = await Promise.all([
      import("../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
      import("../../vacuum/look-at-churn.ts"),
      import("../../vacuum/advice-text.ts"),
    ]);
    const churn = await withDatabase(context, "look at the tables", (database) =>
      lookAtChurn(context, database, { table, overMs: over }),
    );
    if (table !== null && churn.length === 0) {
      const { NotFound } = await import("../../not-found.ts");
      throw new NotFound("the table", table, "`smith vacuum advise` looks at all of them.");
    }
    const advice = churn.flatMap((one) => adviseVacuum(one) ?? []);
    if (advice.length === 0) context.note("nothing to change: autovacuum comes in time");
    return {
      data: plainJson({ looked: churn.length, advice }),
      text: advice.map((one) => adviceText(one, context.colours)).join("\n\n"),
    };
  },
});
