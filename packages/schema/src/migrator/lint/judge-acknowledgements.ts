import type { Acknowledgement } from "./acknowledgements.ts";
import type { LintFinding } from "./lint-finding.ts";
import type { AcceptedFinding, LintOutcome, RawFinding } from "./lint-outcome.ts";
import { acceptComment } from "./rules/accept-comment.ts";
import { allRules } from "./rules/all-rules.ts";

// An acknowledgement must not be able to acknowledge itself away, nor what the runner refuses anyway.
const neverAccepted: ReadonlySet<string> = new Set([
  "accept-comment",
  "not-runnable",
  "mixed-transaction",
  "file-name",
  "duplicate-version",
]);
const known: ReadonlySet<string> = new Set(allRules.map((rule) => rule.name));

/** Takes out the findings that a comment acknowledges with a reason, and adds those about the comments. */
export function judgeAcknowledgements(
  raw: readonly RawFinding[],
  byFile: ReadonlyMap<string, readonly Acknowledgement[]>,
): LintOutcome {
  const findings: LintFinding[] = [];
  const accepted: AcceptedFinding[] = [];
  const used = new Set<Acknowledgement>();
  for (const { statement, ...finding } of raw) {
    const comment = (byFile.get(finding.file) ?? []).find((candidate) =>
      covers(candidate, finding.rule, statement),
    );
    if (comment === undefined) {
      findings.push(finding);
      continue;
    }
    used.add(comment);
    accepted.push({ ...finding, reason: comment.reason });
  }
  for (const [file, comments] of byFile) {
    for (const comment of comments) findings.push(...faultsOf(comment, file, used.has(comment)));
  }
  return { findings: findings.sort(byPlace), accepted: accepted.sort(byPlace) };
}

function covers(comment: Acknowledgement, rule: string, statement: RawFinding["statement"]): boolean {
  if (comment.rule !== rule || comment.reason === "" || neverAccepted.has(rule)) return false;
  return comment.scope === "file" || (comment.scope !== undefined && comment.scope === statement);
}

function faultsOf(comment: Acknowledgement, file: string, used: boolean): readonly LintFinding[] {
  const fault = faultOf(comment, used);
  if (fault === undefined) return [];
  const { name: rule, severity } = acceptComment;
  return [{ rule, severity, file, line: comment.line, ...fault }];
}

function faultOf(comment: Acknowledgement, used: boolean): Pick<LintFinding, "message" | "hint"> | undefined {
  if (!known.has(comment.rule)) {
    return {
      message: `there is no rule "${comment.rule}"`,
      hint: `The rules are: ${[...known].join(", ")}.`,
    };
  }
  if (neverAccepted.has(comment.rule)) {
    return { message: `"${comment.rule}" cannot be acknowledged`, hint: "Correct what it finds." };
  }
  if (comment.reason === "") {
    return {
      message: `"${comment.rule}" is acknowledged without a reason`,
      hint: `Write the reason behind it: -- smith:accept ${comment.rule} why it is safe here.`,
    };
  }
  if (used) return undefined;
  return {
    message: `"${comment.rule}" finds nothing here`,
    hint: "Remove the comment, or move it directly above its statement.",
  };
}

function byPlace(left: LintFinding, right: LintFinding): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || (left.rule < right.rule ? -1 : 1);
}
