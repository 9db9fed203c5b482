import type { AlterTableCmd } from "libpg-query";

/** Whether a command gives a column another type by an expression, which may make anything of its values. */
export function changesTypeUsing(command: AlterTableCmd): boolean {
  const { subtype, def } = command;
  if (subtype !== "AT_AlterColumnType" || def === undefined || !("ColumnDef" in def)) return false;
  return def.ColumnDef.raw_default !== undefined;
}
