import type { Constraint } from "libpg-query";
import { type LintRule, manual } from "../lint-rule.ts";
import { addedConstraint, columnOf, constraintsOf, tableCommands } from "../tree/table-commands.ts";

/** A foreign key or CHECK that is checked at once against all rows. */
export const constraintNotValid: LintRule = {
  name: "constraint-not-valid",
  severity: "error",
  title: "a foreign key or CHECK is added to an existing table without NOT VALID",
  why: "All rows are checked while the lock is held: ACCESS EXCLUSIVE for a CHECK; for a foreign key SHARE ROW EXCLUSIVE on both tables, which stops every write to them.",
  instead:
    "`ADD CONSTRAINT … NOT VALID` in one file, which takes a moment and holds for new rows; `VALIDATE CONSTRAINT` in the next, which lets reads and writes pass. For a new column: add it plainly first.",
  links: [
    manual("sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT"),
    manual("sql-altertable.html#SQL-ALTERTABLE-NOTES"),
  ],
  fires: [
    { up: "ALTER TABLE shop.orders ADD CONSTRAINT positive CHECK (amount > 0);" },
    { up: "ALTER TABLE shop.orders ADD FOREIGN KEY (customer_id) REFERENCES shop.customers (id);" },
    { up: "ALTER TABLE shop.orders ADD COLUMN friend_id bigint REFERENCES shop.customers (id);" },
  ],
  passes: [
    { up: "ALTER TABLE shop.orders ADD CONSTRAINT positive CHECK (amount > 0) NOT VALID;" },
    {
      up: "CREATE TABLE shop.x (id bigint);\nALTER TABLE shop.x ADD FOREIGN KEY (id) REFERENCES shop.orders (id);",
    },
  ],
  checkStatement({ statement: { node }, isNew }) {
    return tableCommands(node).flatMap(({ table, command }) => {
      if (isNew(table)) return [];
      const column = command.subtype === "AT_AddColumn" ? columnOf(command) : undefined;
      const constraint = addedConstraint(command);
      const added = [
        ...(column === undefined ? [] : constraintsOf(column)),
        ...(constraint === undefined ? [] : [constraint]),
      ];
      return added.filter(checksRows).map((found) => ({
        message: `all rows of "${table}" are checked against the ${nounOf(found)} while writes wait`,
        hint: "Write NOT VALID here, and VALIDATE CONSTRAINT in the next file.",
      }));
    });
  },
};

function checksRows(constraint: Constraint): boolean {
  const kind = constraint.contype;
  return (kind === "CONSTR_CHECK" || kind === "CONSTR_FOREIGN") && constraint.skip_validation !== true;
}

function nounOf(constraint: Constraint): string {
  const name = constraint.conname === undefined ? "" : ` "${constraint.conname}"`;
  return constraint.contype === "CONSTR_FOREIGN" ? `foreign key${name}` : `CHECK${name}`;
}
