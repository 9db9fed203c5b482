import type { AlterTableCmd, ColumnDef, Constraint, Node } from "libpg-query";
import { relationName } from "./names.ts";

/** One command of an ALTER TABLE with the table it is for. */
export interface TableCommand {
  readonly table: string;
  readonly command: AlterTableCmd;
}

/** The commands of an ALTER TABLE; none for any other statement. */
export function tableCommands(node: Node): readonly TableCommand[] {
  if (!("AlterTableStmt" in node)) return [];
  if ((node.AlterTableStmt.objtype ?? "OBJECT_TABLE") !== "OBJECT_TABLE") return [];
  const table = relationName(node.AlterTableStmt.relation);
  return (node.AlterTableStmt.cmds ?? []).flatMap((command) =>
    "AlterTableCmd" in command ? [{ table, command: command.AlterTableCmd }] : [],
  );
}

/** The column that ADD COLUMN adds, or that ALTER COLUMN … TYPE describes. */
export function columnOf(command: AlterTableCmd): ColumnDef | undefined {
  return command.def !== undefined && "ColumnDef" in command.def ? command.def.ColumnDef : undefined;
}

/** The constraints that a column is written with. */
export function constraintsOf(column: ColumnDef): readonly Constraint[] {
  return (column.constraints ?? []).flatMap((node) => ("Constraint" in node ? [node.Constraint] : []));
}

/** The constraint that ADD CONSTRAINT adds. */
export function addedConstraint(command: AlterTableCmd): Constraint | undefined {
  if (command.subtype !== "AT_AddConstraint") return undefined;
  return command.def !== undefined && "Constraint" in command.def ? command.def.Constraint : undefined;
}
