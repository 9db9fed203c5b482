import type { ColumnDef, Constraint, CreateFunctionStmt, CreateStmt, Node, RenameStmt } from "libpg-query";
import { columnType } from "../tree/column-type.ts";
import { dottedName, nameParts, objectName, relationName } from "../tree/names.ts";
import {
  addedConstraint,
  columnOf,
  constraintsOf,
  type TableCommand,
  tableCommands,
} from "../tree/table-commands.ts";
import { provenNotNull } from "./proven-not-null.ts";
import type { KnownTable, SchemaKnowledge } from "./schema-knowledge.ts";

/** Adds to the knowledge what a statement creates, changes, renames and drops. */
export function learn(knowledge: SchemaKnowledge, node: Node, file: string): void {
  if ("CreateStmt" in node) learnTable(knowledge, node.CreateStmt, file);
  else if ("CreateTableAsStmt" in node)
    learnRelation(knowledge, relationName(node.CreateTableAsStmt.into?.rel), file);
  else if ("AlterTableStmt" in node)
    for (const command of tableCommands(node)) learnCommand(knowledge, command, file);
  else if ("RenameStmt" in node) learnRename(knowledge, node.RenameStmt);
  else if ("DropStmt" in node)
    for (const object of node.DropStmt.objects ?? []) forget(knowledge, objectName(object));
  else if ("AlterEnumStmt" in node)
    learnLabel(knowledge, nameParts(node.AlterEnumStmt.typeName), node.AlterEnumStmt.newVal, file);
  else learnObject(knowledge, node, file);
}

function learnRelation(
  knowledge: SchemaKnowledge,
  name: string,
  file: string,
  partitioned = false,
): KnownTable {
  const table = {
    createdIn: file,
    partitioned,
    columns: new Map(),
    checks: new Map(),
    keys: new Set<string>(),
  };
  knowledge.tables.set(name, table);
  return table;
}

function learnTable(knowledge: SchemaKnowledge, statement: CreateStmt, file: string): void {
  const name = relationName(statement.relation);
  const table = learnRelation(knowledge, name, file, statement.partspec !== undefined);
  for (const element of statement.tableElts ?? []) {
    if ("ColumnDef" in element) learnColumn(table, element.ColumnDef);
    if ("Constraint" in element) learnKey(table, element.Constraint);
  }
}

function learnKey(table: KnownTable, { contype, conname }: Constraint): void {
  if ((contype === "CONSTR_PRIMARY" || contype === "CONSTR_UNIQUE") && conname !== undefined)
    table.keys.add(conname);
}

function learnColumn(table: KnownTable, column: ColumnDef): void {
  table.columns.set(column.colname ?? "", columnType(column.typeName));
  for (const constraint of constraintsOf(column)) learnKey(table, constraint);
}

function learnCommand(
  knowledge: SchemaKnowledge,
  { table: name, command }: TableCommand,
  file: string,
): void {
  const table = knowledge.table(name) ?? learnRelation(knowledge, name, "");
  const column = columnOf(command);
  const constraint = addedConstraint(command);
  if (command.subtype === "AT_AddColumn" && column !== undefined) learnColumn(table, column);
  if (command.subtype === "AT_AlterColumnType" && column !== undefined) {
    table.columns.set(command.name ?? "", columnType(column.typeName));
  }
  if (command.subtype === "AT_DropColumn") table.columns.delete(command.name ?? "");
  if (command.subtype === "AT_ValidateConstraint") {
    const check = table.checks.get(command.name ?? "");
    if (check !== undefined) check.validated = true;
  }
  if (command.subtype === "AT_DropConstraint") table.checks.delete(command.name ?? "");
  if (constraint === undefined) return;
  learnKey(table, constraint);
  const validated = constraint.skip_validation !== true;
  const notNull = provenNotNull(constraint);
  const constraintName = constraint.conname ?? "";
  table.checks.set(constraintName, {
    name: constraintName,
    notNull,
    check: constraint.contype === "CONSTR_CHECK",
    validated,
  });
  if (!validated && !knowledge.isNewTable(name, file))
    knowledge.notValidInFile.add(`${knowledge.keyOf(name)}.${constraintName}`);
}

function learnRename(knowledge: SchemaKnowledge, rename: RenameStmt): void {
  const table = knowledge.table(relationName(rename.relation));
  if (table === undefined) return;
  if (rename.renameType === "OBJECT_TABLE") {
    const old = knowledge.keyOf(relationName(rename.relation));
    const schema = old.includes(".") ? old.slice(0, old.indexOf(".") + 1) : "";
    knowledge.tables.delete(old);
    knowledge.tables.set(`${schema}${rename.newname ?? ""}`, table);
  }
  if (rename.renameType === "OBJECT_COLUMN") {
    const type = table.columns.get(rename.subname ?? "");
    table.columns.delete(rename.subname ?? "");
    if (type !== undefined) table.columns.set(rename.newname ?? "", type);
  }
}

function forget(knowledge: SchemaKnowledge, name: string): void {
  knowledge.tables.delete(knowledge.keyOf(name));
  knowledge.objects.delete(name);
}

function learnLabel(
  knowledge: SchemaKnowledge,
  type: readonly string[],
  label: string | undefined,
  file: string,
): void {
  // A type that the same transaction created may be used with its new labels at once.
  if (label !== undefined && knowledge.objects.get(type.join(".")) !== file)
    knowledge.labelsInFile.add(label);
}

function learnObject(knowledge: SchemaKnowledge, node: Node, file: string): void {
  const name = createdName(node);
  if (name !== "") knowledge.objects.set(name, file);
  if ("CreatePolicyStmt" in node)
    knowledge.withPolicy.add(knowledge.keyOf(relationName(node.CreatePolicyStmt.table)));
  if ("CreateFunctionStmt" in node) {
    const words = nameParts(node.CreateFunctionStmt.funcname);
    knowledge.functions.set(words.at(-1) ?? "", volatilityOf(node.CreateFunctionStmt));
  }
  if ("CreateDomainStmt" in node && (node.CreateDomainStmt.constraints ?? []).length > 0) {
    knowledge.constrainedDomains.add(dottedName(node.CreateDomainStmt.domainname));
  }
}

function createdName(node: Node): string {
  if ("CreateSchemaStmt" in node) return node.CreateSchemaStmt.schemaname ?? "";
  if ("CreateEnumStmt" in node) return dottedName(node.CreateEnumStmt.typeName);
  if ("CompositeTypeStmt" in node) return relationName(node.CompositeTypeStmt.typevar);
  if ("CreateRangeStmt" in node) return dottedName(node.CreateRangeStmt.typeName);
  if ("CreateDomainStmt" in node) return dottedName(node.CreateDomainStmt.domainname);
  if ("CreateFunctionStmt" in node) return dottedName(node.CreateFunctionStmt.funcname);
  if ("ViewStmt" in node) return relationName(node.ViewStmt.view);
  if ("CreateSeqStmt" in node) return relationName(node.CreateSeqStmt.sequence);
  if ("IndexStmt" in node)
    return indexName(relationName(node.IndexStmt.relation), node.IndexStmt.idxname ?? "");
  if ("CreateTrigStmt" in node)
    return `${relationName(node.CreateTrigStmt.relation)}.${node.CreateTrigStmt.trigname ?? ""}`;
  return "";
}

/** An index lives in its table's schema. */
function indexName(table: string, index: string): string {
  return table.includes(".") ? `${table.slice(0, table.indexOf("."))}.${index}` : index;
}

function volatilityOf(statement: CreateFunctionStmt): string {
  for (const option of statement.options ?? []) {
    if (!("DefElem" in option) || option.DefElem.defname !== "volatility") continue;
    const value = option.DefElem.arg;
    if (value !== undefined && "String" in value) return value.String.sval ?? "volatile";
  }
  return "volatile";
}
