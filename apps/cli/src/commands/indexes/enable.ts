import { defineCommand } from "../../command/define-command.ts";
import { changeIndex, indexArguments, indexInput, indexOptions } from "../../indexes/change-index.ts";

export default defineCommand({
  description: `Creates an optional index on every partition of its table, concurrently: the table can be read and
written while it is built. Partitions that are created later have it too. The short statements before and between the
builds wait for open transactions, and others wait behind them: where one is not granted its lock within five seconds
the command fails, and can be run again.

It can be interrupted at any time. What an interrupted run left behind is found and rebuilt when the command is
run again, and nothing is taken for done that is not.`,
  arguments: indexArguments,
  options: indexOptions,
  examples: [
    {
      run: "smith indexes enable idx_tasks_queue_payload_gin",
      does: "find tasks by what their payload contains",
    },
    {
      run: "smith indexes enable idx_agents_state_value_gin --dry-run",
      does: "see the statements first, or to run them yourself",
    },
  ],
  exitCodes: { failed: "a statement failed; run the command again to go on from there", unreachable: "" },
  related: ["indexes list", "indexes disable"],
  input: indexInput,
  run: (context, input) => changeIndex(context, input, true),
});
