import { type LintRule, manual } from "../lint-rule.ts";

/** Statements that cannot run in a transaction beside ones that need it. */
export const mixedTransaction: LintRule = {
  name: "mixed-transaction",
  severity: "error",
  title: "a file mixes statements that cannot run in a transaction with others",
  why: "CONCURRENTLY, VACUUM and their like are refused inside a transaction. Without one, a failure in the middle of the file could be neither rolled back nor repeated, so the runner refuses the mixture.",
  instead: "Move what cannot run in a transaction to a migration of its own with the next number.",
  links: [manual("sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY"), manual("sql-vacuum.html")],
  directions: ["up", "down"],
  fires: [
    {
      up: "ALTER TABLE shop.orders ADD COLUMN code text;\nCREATE INDEX CONCURRENTLY orders_code ON shop.orders (code);",
    },
  ],
  passes: [
    {
      up: "SET maintenance_work_mem = '1GB';\nCREATE INDEX CONCURRENTLY orders_note ON shop.orders (note);",
      down: "DROP INDEX CONCURRENTLY shop.orders_note;",
    },
  ],
  checkFile({ refusal }) {
    if (refusal?.code !== "MIGRATION_MIXED") return [];
    const lines = refusal.details["outsideLines"];
    const line = Array.isArray(lines) && typeof lines[0] === "number" ? lines[0] : 1;
    return [{ line, message: refusal.message, hint: refusal.hint ?? "" }];
  },
};
