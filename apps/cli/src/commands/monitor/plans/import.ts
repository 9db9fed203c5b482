import { z } from "zod";
import { defineCommand } from "../../../command/define-command.ts";
import { count } from "../../../output/count.ts";
import { safeText } from "../../../output/safe-text.ts";

export default defineCommand({
  description: `Keeps the plans that auto_explain wrote to a log of PostgreSQL: how statements were really done, with what it took. The log may
be plain text or jsonlog, in any language; auto_explain.log_format must be json. What else is in the log is left out.

A file is read as long as it is at the beginning. A plan that cannot be read, as in a log that was cut, keeps no other from being
taken in. Literals of statements are left out, and so is a text that cannot be read; those in the conditions of a plan are kept. Nothing is executed.`,
  arguments: [{ name: "file", description: "the log; - for standard input", complete: "file" }],
  examples: [
    {
      run: "smith monitor plans import /var/log/postgresql/postgresql.json",
      does: "take in what the server has told",
    },
    { run: "zcat postgresql.log.1.gz | smith monitor plans import -", does: "take in an older log" },
  ],
  exitCodes: {
    failed: "a plan could not be read, or there were more than ten thousand; the others are kept",
    "not-found": "there is no such file",
    unreachable: "",
  },
  related: ["monitor plans list"],
  input: z.strictObject({ file: z.string().min(1) }),
  async run(context, { file }) {
    const [{ withDatabase }, { importPlans }, { openLog }] = await Promise.all([
      import("../../../database/with-database.ts"),
      import("@mister-smith/monitoring"),
      import("../../../monitor/open-log.ts"),
    ]);
    using progress = context.progress("reading the log");
    const imported = await withDatabase(
      context,
      "keep the plans",
      async (database) => await importPlans(database, await openLog(file), { signal: context.signal }),
    );
    progress.end();
    const { first, changed, same, unreadable, reasons, isCut } = imported;
    if (first + changed + same + unreadable === 0)
      context.note(
        "the log holds no plan; auto_explain must write them as JSON: auto_explain.log_format = json",
      );
    return {
      data: imported,
      text: [
        `${count(first + changed + same, "plan")} read: ${first} first of their statement, ${changed} changed, ${same} the same`,
        ...(unreadable === 0 ? [] : [`${unreadable} cannot be read: ${reasons.map(safeText).join("; ")}`]),
        ...(isCut ? ["there are more in the log: it ended at ten thousand"] : []),
      ].join("\n"),
      exit: unreadable > 0 || isCut ? "failed" : "ok",
    };
  },
});
