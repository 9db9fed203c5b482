import { z } from "zod";
import { defineCommand } from "../command/define-command.ts";
import { completionScripts, shells } from "../completion/scripts.ts";

export default defineCommand({
  description: `Prints a script that teaches your shell to complete smith's commands, options and values when you
press TAB. The script asks smith itself, so it stays right when smith is updated. Nothing is installed: you
decide where the script goes.`,
  arguments: [{ name: "shell", description: `one of ${shells.join(", ")}`, complete: shells }],
  examples: [
    {
      run: "source <(smith completion bash)",
      does: "complete in this bash; put the line into ~/.bashrc to keep it",
    },
    {
      run: "smith completion zsh > ~/.zfunc/_smith",
      does: "install for zsh, whose fpath names ~/.zfunc and which runs compinit; takes effect in the next shell",
    },
    {
      run: "smith completion fish > ~/.config/fish/completions/smith.fish",
      does: "install for fish",
    },
    {
      run: "smith completion powershell | Out-String | Invoke-Expression",
      does: "complete in this PowerShell; put the line into $PROFILE to keep it",
    },
  ],
  exitCodes: {},
  related: ["doctor"],
  input: z.strictObject({ shell: z.enum(shells, `expected one of ${shells.join(", ")}`) }),
  async run(_context, { shell }) {
    const script = completionScripts[shell];
    return { data: { shell, script }, text: script.trimEnd() };
  },
});
