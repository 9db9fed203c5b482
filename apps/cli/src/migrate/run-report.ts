import type { MigrationRunResult } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import { count } from "../output/count.ts";
import { durationText } from "../output/duration-text.ts";

/** What a command that ran migrations says at its end. */
export function runReport(result: MigrationRunResult, nothing: string): CommandResult {
  const { migrations, direction, to, durationMs } = result;
  const done = `${count(migrations.length, "migration")} ${direction === "up" ? "applied" : "undone"} in ${durationText(durationMs)}`;
  const now = to === 0 ? "the database is at its beginning" : `the database is at version ${to}`;
  return { data: result, text: migrations.length === 0 ? `${nothing}; ${now}` : `${done}; ${now}` };
}
