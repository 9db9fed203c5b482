import type { Constraint } from "libpg-query";
import { type LintRule, manual } from "../lint-rule.ts";
import { addedConstraint, columnOf, constraintsOf, tableCommands } from "../tree/table-commands.ts";

const words = new Map<Constraint["contype"], string>([
  ["CONSTR_PRIMARY", "PRIMARY KEY"],
  ["CONSTR_UNIQUE", "UNIQUE"],
  ["CONSTR_EXCLUSION", "EXCLUDE"],
]);

/** UNIQUE, PRIMARY KEY or EXCLUDE that builds its index under the lock. */
export const uniqueWithoutIndex: LintRule = {
  name: "unique-without-index",
  severity: "error",
  title: "UNIQUE, PRIMARY KEY or EXCLUDE is added to an existing table without USING INDEX",
  why: "The constraint builds its index under an ACCESS EXCLUSIVE lock: nobody reads or writes the table until it is done.",
  instead:
    "`CREATE UNIQUE INDEX CONCURRENTLY i …` in a file of its own, then `ADD CONSTRAINT … UNIQUE USING INDEX i`, which takes a moment. EXCLUDE cannot take an index: acknowledge it with a reason.",
  links: [manual("sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX")],
  fires: [
    { up: "ALTER TABLE shop.orders ADD CONSTRAINT one_note UNIQUE (note);" },
    { up: "ALTER TABLE shop.customers ADD PRIMARY KEY (id);" },
    { up: "ALTER TABLE shop.orders ADD COLUMN code text UNIQUE;" },
  ],
  passes: [
    { up: "ALTER TABLE shop.orders ADD CONSTRAINT one_note UNIQUE USING INDEX orders_note;" },
    { up: "CREATE TABLE shop.x (id bigint);\nALTER TABLE shop.x ADD PRIMARY KEY (id);" },
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
      return added.flatMap((found) => {
        const word = words.get(found.contype);
        if (word === undefined || found.indexname !== undefined) return [];
        return [
          {
            message: `${word} on "${table}" builds its index while nobody can use the table`,
            hint: "Build the index with CREATE UNIQUE INDEX CONCURRENTLY first, then add the constraint USING INDEX.",
          },
        ];
      });
    });
  },
};
