import { migrateUp } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import type { CommonInput } from "./common-options.ts";
import { followEvents } from "./follow-events.ts";
import { migratorOptions } from "./migrator-options.ts";
import { runReport } from "./run-report.ts";

/** What `smith migrate up` takes. */
export interface UpInput extends CommonInput {
  readonly to?: number | undefined;
}

/** Applies what waits. */
export async function applyMigrations(context: Context, input: UpInput): Promise<CommandResult> {
  using progress = context.progress("connecting");
  const options = await migratorOptions(context, input, { onEvent: followEvents(context, progress) });
  const result = await migrateUp({ ...options, ...(input.to === undefined ? {} : { to: input.to }) });
  return runReport(result, "nothing waits");
}
