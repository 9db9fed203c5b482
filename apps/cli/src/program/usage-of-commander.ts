import { CommanderError } from "commander";
import { UsageError } from "../usage-error.ts";

/** What commander refused, in the form of all our errors; anything else as it is. */
export function asUsageError(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.code === "commander.help") {
    return new UsageError("a subcommand is missing", { hint: "Add --help to see which there are." });
  }
  const [first = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  return new UsageError(first.replace(/\.$/, ""), {
    cause: error,
    hint: suggestion?.replace(/^\((.*)\)$/, "$1") ?? "Add --help to see what can be given here.",
  });
}
