import {
  type RehearsedFile,
  type RehearsedStatement,
  type RehearseResult,
  rehearseMigrations,
} from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import { byteText } from "../output/byte-text.ts";
import { count } from "../output/count.ts";
import { durationText } from "../output/duration-text.ts";
import type { CommonInput } from "./common-options.ts";
import { followEvents } from "./follow-events.ts";
import { migratorOptions } from "./migrator-options.ts";

/** What `smith migrate rehearse` takes. */
export interface RehearseInput extends CommonInput {
  readonly to?: number | undefined;
  readonly timeLimitMs?: number | undefined;
}

/** Runs what waits, rolls it back and reports what it cost. */
export async function rehearse(context: Context, input: RehearseInput): Promise<CommandResult> {
  using progress = context.progress("rehearsing");
  const { to, timeLimitMs } = input;
  const result = await rehearseMigrations({
    ...(await migratorOptions(context, input, { onEvent: followEvents(context, progress) })),
    ...(to === undefined ? {} : { to }),
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
  });
  return { data: result, text: asText(result, context), exit: result.ok ? "ok" : "failed" };
}

function asText({ files, ok, complete, durationMs }: RehearseResult, { colours }: Context): string {
  if (files.length === 0) return "nothing waits, so nothing was rehearsed";
  const rehearsed = count(files.filter(({ outcome }) => outcome === "ok").length, "file");
  const end = `${rehearsed} of ${files.length} rehearsed in ${durationText(durationMs)}; rolled back, nothing was changed`;
  const summary = ok ? (complete ? colours.green(end) : colours.yellow(end)) : colours.red(end);
  return [...files.flatMap((file) => fileLines(file, colours)), "", summary].join("\n");
}

const slowMs = 100;

/** A file with the statements that cost something; the others are only counted. */
function fileLines(file: RehearsedFile, colours: Context["colours"]): string[] {
  const { outcome, reason, statements, durationMs } = file;
  const state = outcome === "ok" ? durationText(durationMs) : colours.red(outcome);
  const costly = statements.filter((one) => factsOf(one, colours).length > 0 || one.durationMs >= slowMs);
  const others = count(statements.length - costly.length, "statement");
  return [
    `${colours.bold(file.file)}  ${state}`,
    ...(reason === null ? [] : [`    ${reason}`]),
    ...costly.flatMap((one) => statementLines(one, colours)),
    colours.dim(`    ${others} without a new lock on what was there before`),
  ];
}

function statementLines(statement: RehearsedStatement, colours: Context["colours"]): string[] {
  const { line, durationMs, text } = statement;
  const head = `${String(line).padStart(6)}  ${durationText(durationMs).padStart(8)}  ${text.replace(/\s+/g, " ").slice(0, 70)}`;
  return [head, ...factsOf(statement, colours).map((fact) => `                  ${fact}`)];
}

function factsOf({ rows, locks, rewritten }: RehearsedStatement, colours: Context["colours"]): string[] {
  return [
    ...(rows === null ? [] : [count(rows, "row")]),
    ...locks.filter(({ existed }) => existed).map(({ mode, relation }) => `${mode} on ${relation}`),
    ...rewritten.map(({ relation, bytes }) => colours.yellow(`rewrites ${relation}, ${byteText(bytes)}`)),
  ];
}
