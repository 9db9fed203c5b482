import { defineCommand } from "../../command/define-command.ts";
import { commonOptions } from "../../migrate/common-options.ts";
import { acceptDataLossOption, downInput, reachOptions } from "../../migrate/down-options.ts";

export default defineCommand({
  description: `Undoes applied migrations, newest first, by their down files: the last one, or with --steps N the last N, or
with --to V everything newer than V (0 undoes everything).

It refuses to drop a table, a column or a schema that holds rows, and says how many. --accept-data-loss drops them all
the same; take a backup before.`,
  options: [...reachOptions, acceptDataLossOption, ...commonOptions],
  examples: [
    { run: "smith migrate down", does: "undo the last migration" },
    { run: "smith migrate down --to 12", does: "go back to version 12" },
    { run: "smith migrate down --to 0 --accept-data-loss", does: "empty a scratch database" },
  ],
  exitCodes: {
    failed: "rows would be lost, a down file is missing, or a statement failed; the message says which",
    changed: "an applied file was changed, is missing or is out of order",
    unreachable: "",
  },
  related: ["migrate redo", "migrate status", "migrate up"],
  input: downInput,
  async run(context, input) {
    const { undoMigrations } = await import("../../migrate/down.ts");
    return await undoMigrations(context, input);
  },
});
