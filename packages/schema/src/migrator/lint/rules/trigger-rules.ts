import { type LintRule, manual, type RuleHit } from "../lint-rule.ts";
import { relationName } from "../tree/names.ts";
import { tableCommands } from "../tree/table-commands.ts";

/** CREATE TRIGGER on a table in use. */
export const triggerOnExisting: LintRule = {
  name: "trigger-on-existing",
  severity: "warning",
  title: "a trigger is created on an existing table",
  why: "CREATE TRIGGER takes a SHARE ROW EXCLUSIVE lock: it waits for every running write and holds up all later ones, and from then on each write pays for the trigger.",
  instead:
    "Keep the file to this one statement, so that the lock is short; the runner's lock timeout gives up rather than queue everybody. Acknowledge it with a reason.",
  links: [manual("explicit-locking.html#LOCKING-TABLES"), manual("sql-createtrigger.html")],
  fires: [
    { up: "CREATE TRIGGER seen BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.seen();" },
  ],
  passes: [
    {
      up: "CREATE TABLE shop.x (id bigint);\nCREATE TRIGGER seen BEFORE UPDATE ON shop.x FOR EACH ROW EXECUTE FUNCTION shop.seen();",
    },
  ],
  checkStatement({ statement: { node }, isNew }) {
    if (!("CreateTrigStmt" in node)) return [];
    const { relation, trigname = "" } = node.CreateTrigStmt;
    const table = relationName(relation);
    if (isNew(table)) return [];
    return [
      {
        message: `creating trigger "${trigname}" holds up all writes to "${table}"`,
        hint: "Keep it in a file of its own, and acknowledge it: -- smith:accept trigger-on-existing and the reason.",
      },
    ];
  },
};

const switchedOff = new Map<string | undefined, string>([
  ["AT_DisableTrigAll", "AT_EnableTrigAll"],
  ["AT_DisableTrigUser", "AT_EnableTrigUser"],
]);

/** DISABLE TRIGGER ALL or USER that stays. */
export const triggersLeftDisabled: LintRule = {
  name: "triggers-left-disabled",
  severity: "error",
  title: "a file disables the triggers of a table and does not enable them again",
  why: "Nothing fires any more, foreign keys included in the case of ALL: rows come in that no constraint has seen, and nobody notices.",
  instead:
    "Enable them again in the same file, `ENABLE TRIGGER ALL` or `USER`, behind what had to run without them.",
  links: [manual("sql-altertable.html#SQL-ALTERTABLE-DESC-DISABLE-ENABLE-TRIGGER")],
  directions: ["up", "down"],
  fires: [
    { up: "ALTER TABLE shop.orders DISABLE TRIGGER ALL;" },
    { up: "ALTER TABLE shop.orders ENABLE TRIGGER USER;\nALTER TABLE shop.orders DISABLE TRIGGER USER;" },
  ],
  passes: [
    {
      up: "ALTER TABLE shop.orders DISABLE TRIGGER USER;\nUPDATE shop.orders SET note = '' WHERE id = 7;\nALTER TABLE shop.orders ENABLE TRIGGER USER;",
    },
  ],
  checkStatement({ statement, file }) {
    const later = file.statements
      .filter(({ index }) => index > statement.index)
      .flatMap(({ node }) => tableCommands(node));
    return tableCommands(statement.node).flatMap(({ table, command }): RuleHit[] => {
      const opposite = switchedOff.get(command.subtype);
      if (opposite === undefined) return [];
      const back = new Set<string | undefined>([opposite, "AT_EnableTrigAll"]);
      if (later.some((other) => other.table === table && back.has(other.command.subtype))) return [];
      return [
        {
          message: `the triggers of "${table}" stay disabled`,
          hint: "Enable them again in the same file.",
        },
      ];
    });
  },
};
