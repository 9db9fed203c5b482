import { type LintRule, manual } from "../lint-rule.ts";
import { tableCommands } from "../tree/table-commands.ts";

/** VALIDATE in the transaction that added NOT VALID. */
export const validateInSameTransaction: LintRule = {
  name: "validate-in-same-transaction",
  severity: "error",
  title: "a constraint is validated in the file that adds it NOT VALID",
  why: "The strong lock that ADD CONSTRAINT took is held until the file's transaction ends, so the whole table is read under it: the two steps gain nothing over one.",
  instead: "Put VALIDATE CONSTRAINT into the next migration.",
  links: [manual("sql-altertable.html#SQL-ALTERTABLE-NOTES")],
  fires: [
    {
      up: "ALTER TABLE shop.orders ADD CONSTRAINT positive CHECK (amount > 0) NOT VALID;\nALTER TABLE shop.orders VALIDATE CONSTRAINT positive;",
    },
  ],
  passes: [
    {
      files: {
        "00001_shop.up.sql": "CREATE TABLE t (id bigint);",
        "00002_add.up.sql": "ALTER TABLE t ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;",
        "00003_validate.up.sql": "ALTER TABLE t VALIDATE CONSTRAINT positive;",
      },
    },
  ],
  checkStatement({ statement: { node }, knowledge, isNew }) {
    return tableCommands(node)
      .filter(({ command, table }) => command.subtype === "AT_ValidateConstraint" && !isNew(table))
      .filter(({ command, table }) =>
        knowledge.notValidInFile.has(`${knowledge.keyOf(table)}.${command.name ?? ""}`),
      )
      .map(({ command, table }) => ({
        message: `"${command.name ?? ""}" of "${table}" is validated under the lock that added it`,
        hint: "Move VALIDATE CONSTRAINT to the next migration.",
      }));
  },
};
