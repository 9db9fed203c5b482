import { isSmithError } from "@mister-smith/errors";
import { MigrationError } from "../errors/migration-error.ts";
import { parseMigrationFileName } from "../files/migration-file-name.ts";
import { parseStatements } from "../statements/parse-statements.ts";
import type { SqlStatement } from "../statements/sql-statement.ts";
import { type TransactionMode, transactionMode } from "../statements/transaction-mode.ts";
import { type Acknowledgement, readAcknowledgements } from "./acknowledgements.ts";
import { judgeAcknowledgements } from "./judge-acknowledgements.ts";
import { learn } from "./knowledge/learn.ts";
import { SchemaKnowledge } from "./knowledge/schema-knowledge.ts";
import type { LintOutcome, RawFinding } from "./lint-outcome.ts";
import type { FileSubject, LintRule, RuleHit } from "./lint-rule.ts";
import { allRules } from "./rules/all-rules.ts";

/** A file to lint: its name and its text with LF line ends. */
export interface LintScript {
  readonly file: string;
  readonly sql: string;
}

/** Runs every rule over a folder's scripts, without any I/O. */
export async function lintScripts(scripts: readonly LintScript[]): Promise<LintOutcome> {
  const files = await Promise.all([...scripts].sort(byName).map(toSubject));
  const raw = [...folderFindings(files), ...files.flatMap(fileFindings), ...statementFindings(files)];
  const acknowledgements = new Map<string, readonly Acknowledgement[]>();
  for (const file of files) {
    acknowledgements.set(file.file, await readAcknowledgements(file.sql, file.statements));
  }
  return judgeAcknowledgements(raw, acknowledgements);
}

function byName(left: LintScript, right: LintScript): number {
  return left.file < right.file ? -1 : 1;
}

async function toSubject({ file, sql }: LintScript): Promise<FileSubject> {
  const named = nameOf(file);
  const parsed = await parse(sql, file);
  return { file, sql, ...named, ...parsed };
}

function nameOf(file: string): Pick<FileSubject, "version" | "name" | "direction"> {
  try {
    return parseMigrationFileName(file);
  } catch {
    return { version: undefined, name: undefined, direction: undefined };
  }
}

async function parse(
  sql: string,
  file: string,
): Promise<{
  statements: readonly SqlStatement[];
  mode: TransactionMode;
  refusal: MigrationError | undefined;
}> {
  let statements: readonly SqlStatement[] = [];
  try {
    statements = await parseStatements(sql, file);
    return { statements, mode: transactionMode(statements, file), refusal: undefined };
  } catch (error) {
    if (!isSmithError(error) || !(error instanceof MigrationError)) throw error;
    return { statements, mode: "transaction", refusal: error };
  }
}

function folderFindings(files: readonly FileSubject[]): readonly RawFinding[] {
  return allRules.flatMap((rule) =>
    (rule.checkFolder?.(files) ?? []).map((hit) => toFinding(rule, hit, hit.file ?? "", undefined)),
  );
}

function fileFindings(file: FileSubject): readonly RawFinding[] {
  return allRules
    .filter((rule) => looksAt(rule, file))
    .flatMap((rule) =>
      (rule.checkFile?.(file) ?? []).map((hit) => toFinding(rule, hit, file.file, undefined)),
    );
}

/** Up files in order, for each statement needs to know what the ones before it created; then the down files. */
function statementFindings(files: readonly FileSubject[]): readonly RawFinding[] {
  const ups = files
    .filter((file) => file.direction === "up")
    .sort((a, b) => (a.version ?? 0) - (b.version ?? 0));
  const downs = files.filter((file) => file.direction === "down");
  const knowledge = new SchemaKnowledge();
  return [...ups, ...downs].flatMap((file) => {
    knowledge.startFile();
    return file.statements.flatMap((statement) => {
      const subject = {
        file,
        statement,
        knowledge,
        isNew: (table: string) => knowledge.isNewTable(table, file.file),
      };
      const found = allRules
        .filter((rule) => looksAt(rule, file))
        .flatMap((rule) =>
          (rule.checkStatement?.(subject) ?? []).map((hit) => toFinding(rule, hit, file.file, statement)),
        );
      learn(knowledge, statement.node, file.file);
      return found;
    });
  });
}

function looksAt(rule: LintRule, file: FileSubject): boolean {
  return file.direction !== undefined && (rule.directions ?? ["up"]).includes(file.direction);
}

function toFinding(
  rule: LintRule,
  hit: RuleHit,
  file: string,
  statement: SqlStatement | undefined,
): RawFinding {
  const line = hit.line ?? statement?.line ?? 1;
  return {
    rule: rule.name,
    severity: rule.severity,
    file,
    line,
    message: hit.message,
    hint: hit.hint,
    statement,
  };
}
