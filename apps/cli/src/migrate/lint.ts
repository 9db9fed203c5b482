import { type LintFinding, type LintResult, lintMigrations } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import { wrap } from "../help/two-columns.ts";
import { count } from "../output/count.ts";
import { migrationsFolderOf } from "./migrations-folder-of.ts";

/** What `smith migrate lint` takes. */
export interface LintInput {
  readonly folder?: string | undefined;
  readonly from?: number | undefined;
}

/** Reads the files and lists what is wrong with them. */
export async function lint(context: Context, input: LintInput): Promise<CommandResult> {
  using _ = context.progress("reading the migrations");
  const folder = await migrationsFolderOf(context, input);
  const result = await lintMigrations({ folder, ...(input.from === undefined ? {} : { from: input.from }) });
  return { data: result, text: asText(result, context), exit: result.ok ? "ok" : "failed" };
}

function asText(result: LintResult, { colours }: Context): string {
  const errors = result.findings.filter(({ severity }) => severity === "error").length;
  const warnings = result.findings.length - errors;
  const summary = `${count(result.files, "file")}: ${count(errors, "error")}, ${count(warnings, "warning")}, ${count(result.accepted.length, "finding")} acknowledged`;
  return [
    ...result.findings.flatMap((finding) => findingLines(finding, colours)),
    errors > 0 ? colours.red(summary) : colours.green(summary),
  ].join("\n");
}

function findingLines(finding: LintFinding, colours: Context["colours"]): string[] {
  const { file, line, rule, severity, message, hint } = finding;
  const mark = severity === "error" ? colours.red("error") : colours.yellow("warning");
  return [
    `${colours.bold(`${file}:${line}`)}  ${mark}  ${rule}`,
    ...wrap(message, 96).map((text) => `    ${text}`),
    ...wrap(hint, 96).map((text) => `    ${colours.dim(text)}`),
    "",
  ];
}
