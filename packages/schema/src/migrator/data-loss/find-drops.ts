import type { AlterTableStmt, DropStmt, Node, RangeVar } from "libpg-query";
import type { SqlStatement } from "../statements/sql-statement.ts";
import { changesTypeUsing } from "./changes-type-using.ts";

/** Something that a script says it removes, and that may hold rows. */
export interface Drop {
  readonly kind: "table" | "column" | "schema" | "database";
  /** Null when the script leaves it to `search_path`. */
  readonly schema: string | null;
  readonly name: string;
  /** For a column alone. */
  readonly column: string | null;
  readonly line: number;
}

/**
 * The tables, columns, schemas and databases that a script names to drop or truncate, and the columns whose values
 * it replaces by an expression (ALTER COLUMN … TYPE … USING).
 *
 * What goes with them by CASCADE, or what a DO block drops, is not in the text: see {@link lossGuard}.
 */
export function findDrops(statements: readonly SqlStatement[]): readonly Drop[] {
  return statements.flatMap(({ node, line }) => dropsOf(node).map((drop) => ({ ...drop, line })));
}

type Named = Omit<Drop, "line">;

function dropsOf(node: Node): readonly Named[] {
  if ("DropStmt" in node) return droppedObjects(node.DropStmt);
  if ("AlterTableStmt" in node) return droppedColumns(node.AlterTableStmt);
  if ("TruncateStmt" in node) return (node.TruncateStmt.relations ?? []).flatMap(truncated);
  if ("DropdbStmt" in node) return [named("database", ["", node.DropdbStmt.dbname ?? ""])];
  return [];
}

function droppedObjects({ removeType, objects = [] }: DropStmt): readonly Named[] {
  if (removeType === "OBJECT_TABLE") return objects.map((object) => named("table", partsOf(object)));
  if (removeType === "OBJECT_SCHEMA") return objects.map((object) => named("schema", partsOf(object)));
  return [];
}

function droppedColumns({ relation, cmds = [] }: AlterTableStmt): readonly Named[] {
  return cmds.flatMap((command) => {
    if (!("AlterTableCmd" in command) || relation === undefined) return [];
    const { subtype, name } = command.AlterTableCmd;
    const goes = subtype === "AT_DropColumn" || changesTypeUsing(command.AlterTableCmd);
    if (!goes || name === undefined) return [];
    return [{ ...named("column", partsOfRange(relation)), column: name }];
  });
}

function truncated(node: Node): readonly Named[] {
  return "RangeVar" in node ? [named("table", partsOfRange(node.RangeVar))] : [];
}

function partsOf(node: Node): readonly string[] {
  if ("String" in node) return [node.String.sval ?? ""];
  return "List" in node ? (node.List.items ?? []).flatMap(partsOf) : [];
}

function partsOfRange({ schemaname, relname = "" }: RangeVar): readonly string[] {
  return schemaname === undefined ? [relname] : [schemaname, relname];
}

function named(kind: Drop["kind"], parts: readonly string[]): Named {
  const schema = parts.at(-2);
  return {
    kind,
    schema: schema === undefined || schema === "" ? null : schema,
    name: parts.at(-1) ?? "",
    column: null,
  };
}
