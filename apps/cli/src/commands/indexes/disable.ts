import { defineCommand } from "../../command/define-command.ts";
import { changeIndex, indexArguments, indexInput, indexOptions } from "../../indexes/change-index.ts";

export default defineCommand({
  description: `Drops an optional index from its table and all partitions. No row is touched; queries that used the
index become slower, writes faster. Dropping needs the table for itself for a moment: if it is not granted within five
seconds the command fails, and can be run again.`,
  arguments: indexArguments,
  options: indexOptions,
  examples: [
    { run: "smith indexes disable idx_tasks_queue_payload_gin", does: "stop paying for it at every write" },
    { run: "smith indexes disable idx_tasks_queue_payload_gin --dry-run", does: "see the statements first" },
  ],
  exitCodes: { failed: "a statement failed; run the command again to go on from there", unreachable: "" },
  related: ["indexes list", "indexes enable"],
  input: indexInput,
  run: (context, input) => changeIndex(context, input, false),
});
