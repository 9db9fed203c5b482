import { defineCommand } from "../../command/define-command.ts";
import { commonOptions } from "../../migrate/common-options.ts";
import { acceptDataLossOption, downInput, reachOptions } from "../../migrate/down-options.ts";

export default defineCommand({
  description: `Undoes the newest applied migration, or with --steps or --to more of them, and applies them again: the quick
way to try a migration that you are writing, also when its file was changed since it was applied. Nobody gets in between. Like \`smith migrate down\` it refuses to drop what holds rows.`,
  options: [...reachOptions, acceptDataLossOption, ...commonOptions],
  examples: [
    { run: "smith migrate redo", does: "try the migration you are writing once more" },
    { run: "smith migrate redo --accept-data-loss", does: "the same, when its tables hold test rows" },
  ],
  exitCodes: {
    failed: "rows would be lost, the down file is missing, or a statement failed; the message says which",
    changed: "another applied file was changed, is missing or is out of order",
    unreachable: "",
  },
  related: ["migrate verify", "migrate down", "migrate create"],
  input: downInput,
  async run(context, input) {
    const { redoMigrations } = await import("../../migrate/redo.ts");
    return await redoMigrations(context, input);
  },
});
