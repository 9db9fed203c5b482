import { code } from "./markdown.ts";
import type { FunctionEntry } from "./sql/functions.ts";

/** The section of one function. */
export function functionSection(entry: FunctionEntry): string {
  const owner = entry.as_owner ? " Runs with its owner's rights." : "";
  const rights =
    entry.rights.length === 0
      ? "Its owner alone may call it."
      : `Called by ${entry.rights.map(code).join(", ")}.`;
  return [
    `### Function \`${entry.schema}.${entry.name}\``,
    `${entry.comment ?? ""}.${owner} ${rights}`,
    `\`\`\`\n${entry.schema}.${entry.name}(${entry.arguments}) RETURNS ${entry.returns}\n\`\`\``,
  ].join("\n\n");
}
