import { stringConstants } from "../../statements/walk.ts";
import { type LintRule, manual } from "../lint-rule.ts";

/** A label that is used by the transaction that added it. */
export const enumValueUsed: LintRule = {
  name: "enum-value-used",
  severity: "error",
  title: "a new enum label is used in the file that adds it to an existing type",
  why: "A label added by ALTER TYPE … ADD VALUE cannot be used before its transaction has been committed, and the runner commits once, at the end of the file: the file fails.",
  instead: "Add the label in one file and use it in the next.",
  links: [manual("sql-altertype.html#SQL-ALTERTYPE-NOTES")],
  directions: ["up", "down"],
  fires: [
    {
      up: "ALTER TYPE shop.mood ADD VALUE 'great';\nALTER TABLE shop.customers ALTER COLUMN mood SET DEFAULT 'great';",
    },
  ],
  passes: [
    {
      up: "ALTER TYPE shop.mood ADD VALUE 'great';\nALTER TABLE shop.customers ALTER COLUMN mood SET DEFAULT 'ok';",
    },
    {
      up: "CREATE TYPE shop.size AS ENUM ('s');\nALTER TYPE shop.size ADD VALUE 'm';\nCREATE TABLE shop.x (size shop.size DEFAULT 'm');",
    },
  ],
  checkStatement({ statement: { node, tag }, knowledge, file }) {
    if (file.mode !== "transaction" || tag === "AlterEnumStmt" || tag === "CommentStmt") return [];
    const used = new Set(stringConstants(node).filter((value) => knowledge.labelsInFile.has(value)));
    return [...used].map((label) => ({
      message: `the label '${label}' is used in the transaction that adds it`,
      hint: "Move this statement to the next migration.",
    }));
  },
};
