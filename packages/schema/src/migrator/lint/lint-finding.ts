/** How much a finding weighs: errors make the lint fail, warnings do not. */
export type LintSeverity = "error" | "warning";

/** One thing that a rule has to say about a migration. */
export interface LintFinding {
  /** The rule's name, as the acknowledgement comment and the configuration take it. */
  readonly rule: string;
  readonly severity: LintSeverity;
  /** The file's name without its folder. */
  readonly file: string;
  /** The line of the statement, from 1; 1 for what concerns the whole file. */
  readonly line: number;
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
}
