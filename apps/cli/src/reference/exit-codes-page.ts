import { exitCodes } from "../exit-codes.ts";
import { generatedNotice, markdownTable, page } from "./markdown.ts";

/** The page of all exit codes. */
export function exitCodesPage(): string {
  const rows = Object.entries(exitCodes).map(([name, { code, meaning }]) => [String(code), name, meaning]);
  return page([
    generatedNotice,
    "# Exit codes of smith",
    "Every command ends with one of these. Scripts may rely on them: a code never changes its meaning. " +
      "`smith monitor check` is a plugin as Nagios and its like have them, and ends with their codes.",
    markdownTable(["code", "name", "meaning"], rows),
    "The help of a command (`smith COMMAND --help`) says which of them it can end with, and what they mean there. " +
      "Codes 70, 130, 141 and 143 can end every command.",
  ]);
}
