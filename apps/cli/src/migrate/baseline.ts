import { baselineMigrations } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import { count } from "../output/count.ts";
import type { CommonInput } from "./common-options.ts";
import { followEvents } from "./follow-events.ts";
import { migratorOptions } from "./migrator-options.ts";

/** What `smith migrate baseline` takes. */
export interface BaselineInput extends CommonInput {
  readonly version: number;
  readonly reason: string;
}

/** Records migrations as applied. */
export async function baseline(context: Context, input: BaselineInput): Promise<CommandResult> {
  using progress = context.progress("recording");
  const options = await migratorOptions(context, input, { onEvent: followEvents(context, progress) });
  const result = await baselineMigrations({ ...options, version: input.version, reason: input.reason });
  const text = `${count(result.files.length, "migration")} recorded as applied, up to version ${result.version}; none was run`;
  return { data: result, text };
}
