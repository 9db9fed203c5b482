import { calledFunctions } from "../../statements/walk.ts";
import { type LintRule, manual } from "../lint-rule.ts";
import { columnOf, constraintsOf, tableCommands } from "../tree/table-commands.ts";

/** Functions of PostgreSQL and its common extensions that give another value for every row. */
const volatileFunctions: ReadonlySet<string> = new Set([
  "random",
  "random_normal",
  "gen_random_uuid",
  "gen_random_bytes",
  "uuidv4",
  "uuidv7",
  "uuid_generate_v1",
  "uuid_generate_v1mc",
  "uuid_generate_v4",
  "clock_timestamp",
  "timeofday",
  "nextval",
  "setval",
  "currval",
  "lastval",
  "txid_current",
  "pg_current_xact_id",
  "pg_sleep",
]);

/** ADD COLUMN with a default that has to be computed for every row. */
export const addColumnVolatileDefault: LintRule = {
  name: "add-column-volatile-default",
  severity: "error",
  title: "ADD COLUMN with a volatile default on an existing table",
  why: "A default that differs from row to row (gen_random_uuid(), clock_timestamp(), nextval(), random()) makes PostgreSQL rewrite the whole table and its indexes under an ACCESS EXCLUSIVE lock. A constant, or now(), which is the same for all rows of the statement, is stored once.",
  instead:
    "Add the column without default; `ALTER COLUMN … SET DEFAULT …` in the same file, which concerns new rows only; fill the old rows in batches.",
  links: [manual("sql-altertable.html#SQL-ALTERTABLE-NOTES"), manual("xfunc-volatility.html")],
  fires: [
    { up: "ALTER TABLE shop.orders ADD COLUMN token uuid DEFAULT gen_random_uuid();" },
    {
      up: "ALTER TABLE shop.orders ADD COLUMN seen timestamptz NOT NULL DEFAULT (clock_timestamp() - interval '1 day');",
    },
    {
      up: "CREATE FUNCTION shop.code() RETURNS text LANGUAGE sql AS 'SELECT 1::text';\nALTER TABLE shop.orders ADD COLUMN code text DEFAULT shop.code();",
    },
  ],
  passes: [
    { up: "ALTER TABLE shop.orders ADD COLUMN seen timestamptz NOT NULL DEFAULT now();" },
    {
      up: "ALTER TABLE shop.orders ADD COLUMN token uuid;\nALTER TABLE shop.orders ALTER COLUMN token SET DEFAULT gen_random_uuid();",
    },
    {
      up: "CREATE TABLE shop.x (id bigint);\nALTER TABLE shop.x ADD COLUMN token uuid DEFAULT gen_random_uuid();",
    },
  ],
  checkStatement({ statement: { node }, knowledge, isNew }) {
    return tableCommands(node).flatMap(({ table, command }) => {
      const column = command.subtype === "AT_AddColumn" ? columnOf(command) : undefined;
      if (column === undefined || isNew(table)) return [];
      const called = constraintsOf(column)
        .filter((constraint) => constraint.contype === "CONSTR_DEFAULT")
        .flatMap((constraint) => calledFunctions(constraint.raw_expr));
      const culprit = called.find((name) =>
        knowledge.functions.has(name)
          ? knowledge.functions.get(name) === "volatile"
          : volatileFunctions.has(name),
      );
      if (culprit === undefined) return [];
      return [
        {
          message: `the default ${culprit}() of column "${column.colname ?? ""}" is volatile: "${table}" is rewritten while nobody can use it`,
          hint: "Add the column without default, SET DEFAULT for new rows, and fill the old rows in batches.",
        },
      ];
    });
  },
};
