import type { DropStmt, Node, ObjectType } from "libpg-query";
import {
  type LintExample,
  type LintRule,
  manual,
  type RuleHit,
  type StatementSubject,
} from "../lint-rule.ts";
import { objectName } from "../tree/names.ts";
import { tableCommands } from "../tree/table-commands.ts";

interface DropRuleText {
  readonly name: string;
  readonly noun: string;
  readonly why: string;
  readonly page: string;
  readonly fires: readonly LintExample[];
  readonly passes: readonly LintExample[];
}

function dropRule(text: DropRuleText, dropped: (subject: StatementSubject) => readonly string[]): LintRule {
  return {
    name: text.name,
    severity: "error",
    title: `an up file drops ${text.noun === "object" ? "an" : "a"} ${text.noun} without an acknowledgement`,
    why: text.why,
    instead: `When the ${text.noun} is really done with, say so above the statement: \`-- smith:accept ${text.name} the release before stopped using it\`.`,
    links: [manual(text.page)],
    fires: text.fires,
    passes: text.passes,
    checkStatement: (subject) => dropped(subject).map((name) => dropHit(text, name)),
  };
}

function dropHit(text: DropRuleText, name: string): RuleHit {
  return {
    message: `${text.noun} "${name}" is dropped for good`,
    hint: `If nothing uses it any more, write above the statement: -- smith:accept ${text.name} and the reason.`,
  };
}

function dropOf(node: Node, types: readonly ObjectType[]): DropStmt | undefined {
  if (!("DropStmt" in node)) return undefined;
  const type = node.DropStmt.removeType;
  return type !== undefined && types.includes(type) ? node.DropStmt : undefined;
}

const dataWhy =
  "The rows go with it and a down file cannot bring them back; code of the running release that still uses it fails at once.";

/** DROP TABLE, also of foreign tables and materialized views. */
export const dropTable = dropRule(
  {
    name: "drop-table",
    noun: "table",
    why: dataWhy,
    page: "sql-droptable.html",
    fires: [{ up: "DROP TABLE shop.orders;" }],
    passes: [
      { up: "-- smith:accept drop-table orders live in the ledger since release 3\nDROP TABLE shop.orders;" },
      { up: "CREATE TABLE shop.x (id bigint);\nDROP TABLE shop.x;" },
    ],
  },
  ({ statement: { node }, isNew }) =>
    (dropOf(node, ["OBJECT_TABLE", "OBJECT_FOREIGN_TABLE", "OBJECT_MATVIEW"])?.objects ?? [])
      .map(objectName)
      .filter((name) => !isNew(name)),
);

/** ALTER TABLE … DROP COLUMN. */
export const dropColumn = dropRule(
  {
    name: "drop-column",
    noun: "column",
    why: dataWhy,
    page: "sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-COLUMN",
    fires: [{ up: "ALTER TABLE shop.orders DROP COLUMN note;" }],
    passes: [
      {
        up: "-- smith:accept drop-column nobody reads notes since release 3\nALTER TABLE shop.orders DROP COLUMN note;",
      },
      { up: "CREATE TABLE shop.x (id bigint, a text);\nALTER TABLE shop.x DROP COLUMN a;" },
    ],
  },
  ({ statement: { node }, isNew }) =>
    tableCommands(node)
      .filter(({ table, command }) => command.subtype === "AT_DropColumn" && !isNew(table))
      .map(({ table, command }) => `${table}.${command.name ?? ""}`),
);

/** DROP SCHEMA. */
export const dropSchema = dropRule(
  {
    name: "drop-schema",
    noun: "schema",
    why: dataWhy,
    page: "sql-dropschema.html",
    fires: [{ up: "DROP SCHEMA shop;" }],
    passes: [{ up: "-- smith:accept drop-schema empty since release 3\nDROP SCHEMA shop;" }],
  },
  ({ statement: { node }, knowledge, file }) =>
    (dropOf(node, ["OBJECT_SCHEMA"])?.objects ?? [])
      .map(objectName)
      .filter((name) => knowledge.objects.get(name) !== file.file),
);

const usedByCode: readonly ObjectType[] = [
  "OBJECT_VIEW",
  "OBJECT_SEQUENCE",
  "OBJECT_TYPE",
  "OBJECT_DOMAIN",
  "OBJECT_FUNCTION",
  "OBJECT_PROCEDURE",
  "OBJECT_ROUTINE",
  "OBJECT_AGGREGATE",
  "OBJECT_EXTENSION",
  "OBJECT_TRIGGER",
  "OBJECT_POLICY",
  "OBJECT_PUBLICATION",
];

/** DROP of what has no rows of its own but is called by name: views, functions, types, triggers. */
export const dropObject = dropRule(
  {
    name: "drop-object",
    noun: "object",
    why: "Views, functions, types, sequences, triggers and policies are used by name: code of the running release that still does fails at once, and a dropped trigger or policy stops guarding without a word.",
    page: "sql-dropfunction.html",
    fires: [{ up: "DROP FUNCTION shop.total(bigint);" }, { up: "DROP TYPE shop.mood;" }],
    passes: [
      {
        up: "-- smith:accept drop-object replaced by shop.sum in release 3\nDROP FUNCTION shop.total(bigint);",
      },
      { up: "CREATE VIEW shop.v AS SELECT 1 AS one;\nDROP VIEW shop.v;" },
    ],
  },
  ({ statement: { node }, knowledge, file }) =>
    (dropOf(node, usedByCode)?.objects ?? [])
      .map(objectName)
      .filter((name) => knowledge.objects.get(name) !== file.file),
);
