import { type RepairResult, repairMigrations } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import type { CommonInput } from "./common-options.ts";
import { followEvents } from "./follow-events.ts";
import { migratorOptions } from "./migrator-options.ts";

/** What `smith migrate repair` takes. */
export interface RepairInput extends CommonInput {
  readonly reason: string;
  readonly forgetMissing: boolean;
}

/** Accepts what differs, on the record. */
export async function repair(context: Context, input: RepairInput): Promise<CommandResult> {
  using progress = context.progress("comparing");
  const { reason, forgetMissing } = input;
  const options = await migratorOptions(context, input, { onEvent: followEvents(context, progress) });
  const result = await repairMigrations({ ...options, reason, forgetMissing });
  return {
    data: result,
    text: asText(result, context),
    exit: result.remaining.length > 0 ? "changed" : "ok",
  };
}

function asText({ repaired, remaining, table }: RepairResult, { colours }: Context): string {
  const accepted = repaired.map(({ message }) => `accepted: ${message}`);
  const left = remaining.flatMap(({ message, hint }) => [colours.red(`left: ${message}`), `  ${hint}`]);
  if (accepted.length + left.length === 0) return "nothing differs, so nothing was repaired";
  const record = repaired.length === 0 ? "nothing was accepted" : `on record in ${table}_history`;
  return [...accepted, ...left, "", record].join("\n");
}
