import { type LintRule, manual } from "../lint-rule.ts";

/** What the runner refuses before it runs anything. */
export const notRunnable: LintRule = {
  name: "not-runnable",
  severity: "error",
  title: "the runner will refuse the file: a syntax error, transaction control, psql commands, COPY data",
  why: "The runner parses a file before it runs anything. It wraps the file in a transaction itself, and it is not psql.",
  instead:
    "Correct the syntax; remove BEGIN, COMMIT, ROLLBACK and SAVEPOINT; write rows as `INSERT … VALUES` instead of COPY data; name every index that is built CONCURRENTLY.",
  links: [manual("sql-begin.html"), manual("sql-copy.html")],
  directions: ["up", "down"],
  fires: [
    { up: "BEGIN;\nDELETE FROM shop.orders WHERE id = 1;\nCOMMIT;" },
    { up: "ALTER TABEL shop.orders ADD COLUMN x text;" },
    { up: "SELECT 1;", down: "SELEC 1;" },
  ],
  passes: [{ up: "COMMENT ON TABLE shop.orders IS 'what was ordered';" }],
  checkFile({ refusal }) {
    if (refusal === undefined || refusal.code === "MIGRATION_MIXED") return [];
    const line = refusal.details["line"];
    return [
      { line: typeof line === "number" ? line : 1, message: refusal.message, hint: refusal.hint ?? "" },
    ];
  },
};
