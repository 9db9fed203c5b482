import { type LintRule, manual } from "../lint-rule.ts";
import { nameParts } from "../tree/names.ts";
import { addedConstraint, tableCommands } from "../tree/table-commands.ts";

/** SET NOT NULL without a validated CHECK that proves it. */
export const setNotNull: LintRule = {
  name: "set-not-null",
  severity: "error",
  title: "SET NOT NULL on an existing table without a validated CHECK before",
  why: "SET NOT NULL reads the whole table under an ACCESS EXCLUSIVE lock, unless a valid CHECK constraint already proves that there is no NULL.",
  instead:
    "In one file `ADD CONSTRAINT c CHECK (column IS NOT NULL) NOT VALID`; in the next `VALIDATE CONSTRAINT c`; in a third `SET NOT NULL` and `DROP CONSTRAINT c`.",
  links: [manual("sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL")],
  fires: [
    { up: "ALTER TABLE shop.orders ALTER COLUMN note SET NOT NULL;" },
    {
      up: "ALTER TABLE shop.orders ADD CONSTRAINT filled CHECK (note IS NOT NULL) NOT VALID;\nALTER TABLE shop.orders ALTER COLUMN note SET NOT NULL;",
    },
  ],
  passes: [
    {
      files: {
        "00001_shop.up.sql": "CREATE TABLE t (id bigint, note text);",
        "00002_check.up.sql":
          "ALTER TABLE t ADD CONSTRAINT filled CHECK (note IS NOT NULL AND id IS NOT NULL) NOT VALID;",
        "00003_validate.up.sql": "ALTER TABLE t VALIDATE CONSTRAINT filled;",
        "00004_not_null.up.sql":
          "ALTER TABLE t ALTER COLUMN note SET NOT NULL;\nALTER TABLE t DROP CONSTRAINT filled;",
      },
    },
    { up: "CREATE TABLE shop.x (id bigint);\nALTER TABLE shop.x ALTER COLUMN id SET NOT NULL;" },
  ],
  checkStatement({ statement: { node }, knowledge, isNew }) {
    return tableCommands(node).flatMap(({ table, command }) => {
      if (isNew(table)) return [];
      const constraint = addedConstraint(command);
      const columns =
        command.subtype === "AT_SetNotNull"
          ? [command.name ?? ""]
          : constraint?.contype === "CONSTR_NOTNULL" && constraint.skip_validation !== true
            ? nameParts(constraint.keys)
            : [];
      const checks = [...(knowledge.table(table)?.checks.values() ?? [])].filter((check) => check.validated);
      return columns
        .filter((column) => !checks.some((check) => check.notNull.includes(column)))
        .map((column) => ({
          message: `SET NOT NULL on "${table}.${column}" reads the whole table while nobody can use it`,
          hint: `First ADD CONSTRAINT … CHECK (${column} IS NOT NULL) NOT VALID, then VALIDATE CONSTRAINT in the next file, then SET NOT NULL in the one after.`,
        }));
    });
  },
};
