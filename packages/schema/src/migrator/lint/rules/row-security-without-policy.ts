import { type LintRule, manual, type RuleHit } from "../lint-rule.ts";
import { relationName } from "../tree/names.ts";
import { tableCommands } from "../tree/table-commands.ts";

/** ENABLE ROW LEVEL SECURITY that shuts everybody out. */
export const rowSecurityWithoutPolicy: LintRule = {
  name: "row-security-without-policy",
  severity: "error",
  title: "row level security is enabled on a table for which no file has created a policy",
  why: "Without a policy nobody but the owner sees a row or may write one: the running application finds its tables empty.",
  instead: "Create the policies first, in the same file or an earlier one, then ENABLE ROW LEVEL SECURITY.",
  links: [manual("ddl-rowsecurity.html")],
  fires: [{ up: "ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;" }],
  passes: [
    {
      up: "ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;\nCREATE POLICY mine ON shop.orders USING (customer_id = 7);",
    },
    {
      files: {
        "00001_t.up.sql": "CREATE TABLE s.t (id bigint);\nCREATE POLICY all_rows ON s.t USING (true);",
        "00002_t.up.sql": "ALTER TABLE s.t ENABLE ROW LEVEL SECURITY;",
      },
    },
  ],
  checkStatement({ statement: { node }, file, knowledge }) {
    const inFile = file.statements.flatMap((other) =>
      "CreatePolicyStmt" in other.node
        ? [knowledge.keyOf(relationName(other.node.CreatePolicyStmt.table))]
        : [],
    );
    return tableCommands(node).flatMap(({ table, command }): RuleHit[] => {
      const key = knowledge.keyOf(table);
      if (command.subtype !== "AT_EnableRowSecurity" || inFile.includes(key)) return [];
      if (knowledge.withPolicy.has(key)) return [];
      return [
        {
          message: `no policy lets anybody see the rows of "${table}"`,
          hint: "Create a policy in the same file.",
        },
      ];
    });
  },
};
