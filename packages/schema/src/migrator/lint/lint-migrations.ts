import { readdir } from "node:fs/promises";
import { z } from "zod";
import { MigrationError } from "../errors/migration-error.ts";
import { readMigrationScript } from "../files/read-migration-script.ts";
import type { LintFinding, LintSeverity } from "./lint-finding.ts";
import type { AcceptedFinding } from "./lint-outcome.ts";
import { lintScripts } from "./lint-scripts.ts";
import { allRules } from "./rules/all-rules.ts";

/** What a team can set about the linter. */
export interface LintConfig {
  /** Severity by rule; `off` silences a rule everywhere. Default: each rule's own severity. */
  readonly rules?: Readonly<Record<string, LintSeverity | "off">>;
}

/** Options of {@link lintMigrations}. */
export interface LintOptions {
  /** Folder with the migrations. */
  readonly folder: string;
  /**
   * First version whose findings are reported; the files before it are read only for what they create, as when
   * they are applied everywhere already. Default: all.
   */
  readonly from?: number;
  /** The only versions whose findings are reported, as the pending ones of a database. Default: all. */
  readonly pending?: readonly number[];
  /** Default: every rule with its own severity. */
  readonly config?: LintConfig;
}

/** What the linter says about a folder of migrations. */
export interface LintResult {
  /** Whether there is no finding of severity `error`. */
  readonly ok: boolean;
  readonly folder: string;
  /** How many files were looked at. */
  readonly files: number;
  /** By file and line. */
  readonly findings: readonly LintFinding[];
  /** Findings that a comment in the file acknowledges, with its reason. */
  readonly accepted: readonly AcceptedFinding[];
}

/**
 * Looks for what goes wrong when migrations meet a database with rows and users in it. Needs no database: the
 * files are parsed with PostgreSQL's own parser and read in order, so that a rule knows what earlier files and
 * statements created and how the runner will wrap the file.
 *
 * What DO blocks and functions do when they run is not looked into.
 *
 * @throws {MigrationError} MIGRATION_FOLDER when the folder cannot be read, MIGRATION_SYNTAX when a file is not
 *   UTF-8, MIGRATION_USAGE for a setting that names no rule. What the runner refuses is a finding, not an error.
 */
export async function lintMigrations(options: LintOptions): Promise<LintResult> {
  const severities = readConfig(options.config ?? {});
  const names = await listSqlFiles(options.folder);
  const scripts = await Promise.all(names.map((name) => readMigrationScript(options.folder, name)));
  const outcome = await lintScripts(scripts);
  const isReported = (finding: LintFinding) =>
    severities[finding.rule] !== "off" && inScope(finding.file, options);
  const findings = outcome.findings.filter(isReported).map((finding) => {
    const severity = severities[finding.rule];
    return severity === undefined || severity === "off" ? finding : { ...finding, severity };
  });
  return {
    ok: findings.every((finding) => finding.severity !== "error"),
    folder: options.folder,
    files: scripts.length,
    findings,
    accepted: outcome.accepted.filter(isReported),
  };
}

async function listSqlFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new MigrationError("MIGRATION_FOLDER", `cannot read the migrations folder "${folder}"`, {
      cause,
      hint: "Check the path; `smith migrate create NAME` makes the folder with its first migration.",
      details: { folder },
    });
  });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith(".") && /\.sql$/i.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

function inScope(file: string, { from, pending }: LintOptions): boolean {
  const version = Number(/^\d+/.exec(file)?.[0] ?? Number.NaN);
  // A file without a number belongs to no version and is wrong in every scope.
  if (Number.isNaN(version)) return true;
  return (from === undefined || version >= from) && (pending === undefined || pending.includes(version));
}

const configSchema = z.strictObject({
  rules: z.record(z.string(), z.enum(["off", "warning", "error"])).optional(),
});

function readConfig(config: LintConfig): Readonly<Record<string, LintSeverity | "off">> {
  const parsed = configSchema.safeParse(config);
  if (!parsed.success) throw usage(`the lint configuration is not usable: ${z.prettifyError(parsed.error)}`);
  const rules = parsed.data.rules ?? {};
  const unknown = Object.keys(rules).find((name) => !allRules.some((rule) => rule.name === name));
  if (unknown !== undefined)
    throw usage(`the lint configuration names a rule that does not exist: "${unknown}"`);
  return rules;
}

function usage(message: string): MigrationError {
  return new MigrationError("MIGRATION_USAGE", message, {
    hint: `Give severities ("off", "warning", "error") by rule: ${allRules.map((rule) => rule.name).join(", ")}.`,
  });
}
