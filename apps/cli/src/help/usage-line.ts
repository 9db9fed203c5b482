import type { AnyCommand } from "../command/command.ts";
import type { CommandEntry } from "../command/registry.ts";

/** How a command is called: `smith migrate create NAME [options]`. */
export function usageLine(entry: CommandEntry, command: AnyCommand): string {
  const words = (command.arguments ?? []).map(({ name, required = true, variadic = false }) => {
    const shown = `${name.toUpperCase()}${variadic ? "…" : ""}`;
    return required ? shown : `[${shown}]`;
  });
  const options = (command.options ?? []).length > 0 ? ["[options]"] : [];
  return ["smith", entry.name, ...words, ...options].join(" ");
}
