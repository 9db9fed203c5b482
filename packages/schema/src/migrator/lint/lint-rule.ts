import type { MigrationError } from "../errors/migration-error.ts";
import type { SqlStatement } from "../statements/sql-statement.ts";
import type { TransactionMode } from "../statements/transaction-mode.ts";
import type { SchemaKnowledge } from "./knowledge/schema-knowledge.ts";
import type { LintSeverity } from "./lint-finding.ts";

/** A file as the rules see it. */
export interface FileSubject {
  readonly file: string;
  readonly version: number | undefined;
  readonly name: string | undefined;
  readonly direction: "up" | "down" | undefined;
  readonly sql: string;
  /** Empty when the file cannot be parsed. */
  readonly statements: readonly SqlStatement[];
  /** How the runner will run the file; `transaction` when it refuses to run it. */
  readonly mode: TransactionMode;
  /** Why the runner will not run the file. */
  readonly refusal: MigrationError | undefined;
}

/** A statement with what is known from all statements before it. */
export interface StatementSubject {
  readonly file: FileSubject;
  readonly statement: SqlStatement;
  readonly knowledge: SchemaKnowledge;
  /** Whether the same file created the table, so that no rows and no users can be in the way. */
  isNew(table: string): boolean;
}

/** What a rule found. */
export interface RuleHit {
  /** Default: the statement's line, or 1. */
  readonly line?: number;
  /** Default: the file that is looked at. */
  readonly file?: string;
  readonly message: string;
  readonly hint: string;
}

/** Migrations that show what a rule finds or lets pass; `up` becomes file 00002 after a small shop in 00001. */
export interface LintExample {
  readonly up?: string;
  readonly down?: string;
  /** Whole files instead of `up` and `down`. */
  readonly files?: Readonly<Record<string, string>>;
}

/** One rule: what it looks for, why that hurts, what to write instead, and examples that are tests. */
export interface LintRule {
  readonly name: string;
  readonly severity: LintSeverity;
  /** What it finds, in one line. */
  readonly title: string;
  readonly why: string;
  readonly instead: string;
  /** Pages of the PostgreSQL manual that say so. */
  readonly links: readonly string[];
  readonly fires: readonly LintExample[];
  readonly passes: readonly LintExample[];
  /** Which files it looks at. Default: up files. */
  readonly directions?: readonly ("up" | "down")[];
  checkStatement?(subject: StatementSubject): readonly RuleHit[];
  checkFile?(file: FileSubject): readonly RuleHit[];
  checkFolder?(files: readonly FileSubject[]): readonly RuleHit[];
}

/** The manual's address; a rule names the page. */
export const manual = (page: string) => `https://www.postgresql.org/docs/current/${page}`;
