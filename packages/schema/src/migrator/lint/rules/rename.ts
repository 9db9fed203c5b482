import type { AlterEnumStmt, AlterObjectSchemaStmt, RenameStmt } from "libpg-query";
import { type LintRule, manual, type RuleHit, type StatementSubject } from "../lint-rule.ts";
import { dottedName, objectName, relationName } from "../tree/names.ts";

const nouns = new Map<string | undefined, string>([
  ["OBJECT_TABLE", "table"],
  ["OBJECT_COLUMN", "column"],
  ["OBJECT_VIEW", "view"],
]);

/** A rename of what running code calls by its name. */
export const rename: LintRule = {
  name: "rename",
  severity: "error",
  title:
    "a table, column or view that was there before is renamed, an enum value too, or something gets another schema",
  why: "Between the migration and the last restart the old code runs against the new name and fails. No order of steps avoids that.",
  instead:
    "Add the new column beside the old one and keep them in step with a trigger until the old code is gone; for a table, rename it and put a view with the old name in its place in the same file, and acknowledge the rename with that reason.",
  links: [
    manual("sql-altertable.html#SQL-ALTERTABLE-DESC-RENAME"),
    manual("sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS"),
  ],
  fires: [
    { up: "ALTER TABLE shop.orders RENAME TO purchases;" },
    { up: "ALTER TABLE shop.orders RENAME COLUMN note TO remark;" },
    { up: "ALTER TABLE shop.orders SET SCHEMA public;" },
    { up: "ALTER FUNCTION shop.total(bigint) SET SCHEMA public;" },
    { up: "ALTER TYPE shop.mood RENAME VALUE 'ok' TO 'fine';" },
  ],
  passes: [
    { up: "ALTER INDEX shop.orders_placed RENAME TO orders_placed_at;" },
    { up: "CREATE TABLE shop.x (id bigint);\nALTER TABLE shop.x SET SCHEMA public;" },
    { up: "CREATE TYPE shop.e AS ENUM ('a');\nALTER TYPE shop.e RENAME VALUE 'a' TO 'b';" },
    { up: "CREATE TABLE shop.x (id bigint);\nALTER TABLE shop.x RENAME COLUMN id TO number;" },
  ],
  checkStatement(subject) {
    const { node } = subject.statement;
    if ("RenameStmt" in node) return renamed(node.RenameStmt, subject);
    if ("AlterObjectSchemaStmt" in node) return moved(node.AlterObjectSchemaStmt, subject);
    return "AlterEnumStmt" in node ? relabelled(node.AlterEnumStmt, subject) : [];
  },
};

const hit = (message: string): RuleHit => ({
  message: `${message} breaks the code that is running`,
  hint: "Add the new name beside the old one, and drop the old one when no running release uses it.",
});

function renamed(statement: RenameStmt, { isNew }: StatementSubject): readonly RuleHit[] {
  const { renameType, relationType, relation, subname, newname } = statement;
  const noun = nouns.get(renameType);
  const table = relationName(relation);
  if (noun === undefined || isNew(table) || relationType === "OBJECT_TYPE") return [];
  const name = subname === undefined ? table : `${table}.${subname}`;
  return [hit(`renaming ${noun} "${name}" to "${newname ?? ""}"`)];
}

function moved(statement: AlterObjectSchemaStmt, subject: StatementSubject): readonly RuleHit[] {
  const { relation, object, newschema = "" } = statement;
  const name = relation === undefined ? objectName(object) : relationName(relation);
  const { knowledge, file, isNew } = subject;
  if (isNew(name) || knowledge.objects.get(name) === file.file) return [];
  return [hit(`moving "${name}" to schema "${newschema}"`)];
}

function relabelled(
  { typeName, oldVal, newVal }: AlterEnumStmt,
  subject: StatementSubject,
): readonly RuleHit[] {
  const type = dottedName(typeName);
  if (oldVal === undefined || subject.knowledge.objects.get(type) === subject.file.file) return [];
  return [hit(`renaming the value "${oldVal}" of "${type}" to "${newVal ?? ""}"`)];
}
