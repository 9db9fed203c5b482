import { migrateRedo } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import { count } from "../output/count.ts";
import { durationText } from "../output/duration-text.ts";
import type { DownInput } from "./down.ts";
import { followEvents } from "./follow-events.ts";
import { migratorOptions } from "./migrator-options.ts";

/** Undoes the newest migrations and applies them again. */
export async function redoMigrations(context: Context, input: DownInput): Promise<CommandResult> {
  using progress = context.progress("connecting");
  const { to, steps, acceptDataLoss } = input;
  const result = await migrateRedo({
    ...(await migratorOptions(context, input, { onEvent: followEvents(context, progress) })),
    ...(to === undefined ? {} : { to }),
    ...(steps === undefined ? {} : { steps }),
    acceptDataLoss,
  });
  const { up, durationMs } = result;
  const text =
    up.length === 0
      ? "nothing is applied, so nothing was redone"
      : `${count(up.length, "migration")} redone in ${durationText(durationMs)}`;
  return { data: result, text };
}
