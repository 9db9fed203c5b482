import { migrateDown } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import type { CommonInput } from "./common-options.ts";
import { followEvents } from "./follow-events.ts";
import { migratorOptions } from "./migrator-options.ts";
import { runReport } from "./run-report.ts";

/** What `smith migrate down` takes. */
export interface DownInput extends CommonInput {
  readonly to?: number | undefined;
  readonly steps?: number | undefined;
  readonly acceptDataLoss: boolean;
}

/** Undoes the newest migrations. */
export async function undoMigrations(context: Context, input: DownInput): Promise<CommandResult> {
  using progress = context.progress("connecting");
  const { to, steps, acceptDataLoss } = input;
  const result = await migrateDown({
    ...(await migratorOptions(context, input, { onEvent: followEvents(context, progress) })),
    ...(to === undefined ? {} : { to }),
    ...(steps === undefined ? {} : { steps }),
    acceptDataLoss,
  });
  return runReport(result, "nothing to undo");
}
