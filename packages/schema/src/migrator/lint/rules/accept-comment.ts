import { type LintRule, manual } from "../lint-rule.ts";

/** An acknowledgement that says too little, or acknowledges nothing. Found by the linter itself. */
export const acceptComment: LintRule = {
  name: "accept-comment",
  severity: "error",
  title: "an acknowledgement has no reason, names no rule, or belongs to nothing",
  why: "An acknowledgement is for the person who reads the file in a year: without a reason it only hides the finding, and one that no longer applies would hide the next.",
  instead:
    "`-- smith:accept RULE the reason` above the statement, or `-- smith:accept-file RULE the reason` anywhere for the whole file.",
  links: [manual("sql-syntax-lexical.html#SQL-SYNTAX-COMMENTS")],
  directions: ["up", "down"],
  fires: [
    { up: "-- smith:accept drop-table\nDROP TABLE shop.orders;" },
    { up: "-- smith:accept drop-tables gone since release 3\nDROP TABLE shop.orders;" },
    { up: "-- smith:accept drop-table gone since release 3\nSELECT 1;" },
    { up: "SELECT 1;\n-- smith:accept drop-table there is no statement below" },
  ],
  passes: [{ up: "-- smith:accept drop-table gone since release 3\nDROP TABLE shop.orders;" }],
};
