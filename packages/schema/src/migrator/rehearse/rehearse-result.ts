/**
 * The strongest lock that a statement took on a relation. The server does not tell apart a mode that is taken again:
 * one that an earlier statement of the rehearsal holds already is named there alone.
 */
export interface RelationLock {
  /** Qualified name. */
  readonly relation: string;
  /** As SQL names it: `ACCESS EXCLUSIVE`, `SHARE`. */
  readonly mode: string;
  /** False for what the rehearsal itself has created: nobody else can be waiting for that. */
  readonly existed: boolean;
}

/** A relation that a statement wrote anew from beginning to end. */
export interface RewrittenRelation {
  readonly relation: string;
  readonly kind: "table" | "index" | "materialized view" | "other";
  /** Its size before, as of the last ANALYZE or VACUUM; in bytes. */
  readonly bytes: number;
}

/** What one statement cost. */
export interface RehearsedStatement {
  /** Line in the file, from 1. */
  readonly line: number;
  /** The kind of statement as PostgreSQL's parser names it. */
  readonly tag: string;
  /** Its first words. */
  readonly text: string;
  readonly durationMs: number;
  /** Rows that an INSERT, UPDATE or DELETE touched; null for other statements. */
  readonly rows: number | null;
  readonly locks: readonly RelationLock[];
  readonly rewritten: readonly RewrittenRelation[];
}

/**
 * How the rehearsal of a file came out.
 *
 * - `ok`: it ran to its end
 * - `failed`: a statement failed, and would for real
 * - `blocked`: a lock was not granted in time; at another moment it may be
 * - `timeout`: the rehearsal's time was up
 * - `not-rehearsable`: its statements cannot run in a transaction, so they cannot be rolled back
 * - `unknown`: it failed behind a file that could not be rehearsed, or needs what only a commit gives
 * - `not-reached`: a file before it ended the rehearsal
 */
export type RehearsalOutcome =
  | "ok"
  | "failed"
  | "blocked"
  | "timeout"
  | "not-rehearsable"
  | "unknown"
  | "not-reached";

/** The rehearsal of one file. */
export interface RehearsedFile {
  readonly version: number;
  readonly name: string;
  readonly file: string;
  readonly outcome: RehearsalOutcome;
  /** Why it did not come to its end, for people; null when it did. */
  readonly reason: string | null;
  /** The error it ended with, as {@link SmithError.toJSON} gives it. */
  readonly error: Readonly<Record<string, unknown>> | null;
  readonly durationMs: number;
  /** The strongest lock on each relation that was there before the rehearsal, over all statements of the file. */
  readonly locks: readonly RelationLock[];
  readonly statements: readonly RehearsedStatement[];
}

/** What {@link rehearseMigrations} found out. */
export interface RehearseResult {
  /** Whether no file failed, was blocked or ran out of time. */
  readonly ok: boolean;
  /** Whether every pending file ran to its end. */
  readonly complete: boolean;
  /** The tracking table. */
  readonly table: string;
  /** The newest applied version; 0 for none. */
  readonly from: number;
  readonly files: readonly RehearsedFile[];
  readonly durationMs: number;
}
