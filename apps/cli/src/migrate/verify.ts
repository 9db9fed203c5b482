import { type FileVerification, type VerifyResult, verifyMigrations } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import { wrap } from "../help/two-columns.ts";
import { count } from "../output/count.ts";
import { durationText } from "../output/duration-text.ts";
import { migratorOptions } from "./migrator-options.ts";

/** What `smith migrate verify` takes. */
export interface VerifyInput {
  readonly folder?: string | undefined;
  readonly scratchUrl?: string | undefined;
}

/** Proves the migrations in a scratch database. */
export async function verify(context: Context, input: VerifyInput): Promise<CommandResult> {
  using progress = context.progress("making a scratch database");
  const { onEvent: _, ...options } = await migratorOptions(
    context,
    input,
    input.scratchUrl === undefined ? {} : { url: input.scratchUrl },
  );
  const result = await verifyMigrations({
    ...options,
    onEvent: ({ file, position, total, ok, durationMs }) => {
      progress.update(`${position} of ${total} done`);
      context.say(
        `${ok ? context.colours.green("ok   ") : context.colours.red("fault")}  ${file}  ${durationText(durationMs)}`,
      );
    },
  });
  return { data: result, text: asText(result, context), exit: result.ok ? "ok" : "failed" };
}

function asText(result: VerifyResult, { colours }: Context): string {
  const { files, notReached, wholeWay, tables, notes, ok, durationMs } = result;
  const filled = tables.filter(({ rows }) => rows > 0).length;
  const summary = ok
    ? colours.green(
        `${count(files.length, "migration")} proved, with rows in ${filled} of ${count(tables.length, "table")}, in ${durationText(durationMs)}`,
      )
    : colours.red(`${count(files.filter((file) => !file.ok).length, "migration")} at fault`);
  return [
    ...files.flatMap(faultLines),
    ...notReached.map((file) => `not reached: ${file}`),
    ...(wholeWay.outcome === "failed" ? [wholeWay.message] : []),
    ...notes.map((note) => `note: ${note}`),
    summary,
  ].join("\n");
}

function faultLines({ file, faults }: FileVerification): string[] {
  return faults.flatMap(({ step, message, hint }) => [
    "",
    `${file}, ${step}:`,
    ...wrap(message, 96).map((line) => `    ${line}`),
    ...wrap(hint, 96).map((line) => `    ${line}`),
    "",
  ]);
}
