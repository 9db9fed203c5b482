import type { Node } from "libpg-query";

/** What is known of a `CREATE INDEX CONCURRENTLY` before it runs. */
export interface ConcurrentIndex {
  /** The schema that the statement names for the table; undefined when it leaves that to `search_path`. */
  readonly schema: string | undefined;
  readonly table: string;
  readonly index: string;
  readonly ifNotExists: boolean;
}

/** One statement of a migration file. */
export interface SqlStatement {
  /** Place in the file, from 0. */
  readonly index: number;
  /** The statement as written, from its first word, without the closing semicolon. */
  readonly text: string;
  /** Line of its first word in the file, from 1. */
  readonly line: number;
  /** Where it starts in the file, in UTF-8 bytes: the parse tree's own locations count from the file's start. */
  readonly offsetBytes: number;
  /** The kind of statement as PostgreSQL's parser names it: `IndexStmt`, `CreateStmt`. */
  readonly tag: string;
  /** The parse tree. */
  readonly node: Node;
  /** Whether PostgreSQL lets it run inside a transaction block. */
  readonly transactional: boolean;
  /** Set for `CREATE INDEX CONCURRENTLY` alone. */
  readonly concurrentIndex?: ConcurrentIndex;
}
