import type { SqlStatement } from "../statements/sql-statement.ts";
import type { LintFinding } from "./lint-finding.ts";

/** A finding with the statement it is about, before acknowledgements are looked at. */
export interface RawFinding extends LintFinding {
  readonly statement: SqlStatement | undefined;
}

/** A finding that a comment takes responsibility for. */
export interface AcceptedFinding extends LintFinding {
  /** The reason that the comment gives. */
  readonly reason: string;
}

/** What all rules together found in a folder, ordered by file and line. */
export interface LintOutcome {
  readonly findings: readonly LintFinding[];
  readonly accepted: readonly AcceptedFinding[];
}
