import type { TypeName } from "libpg-query";
import { dottedName } from "./names.ts";

/** A column's type: its name as PostgreSQL's catalogue has it, and the numbers in parentheses. */
export interface ColumnType {
  readonly name: string;
  readonly modifiers: readonly number[];
  readonly array: boolean;
}

/** Reads a type as written: `varchar(50)` is `varchar` with 50, `bigint` is `int8`. */
export function columnType(type: TypeName | undefined): ColumnType {
  return {
    name: dottedName(type?.names),
    modifiers: (type?.typmods ?? []).flatMap((node) =>
      "A_Const" in node && node.A_Const.ival !== undefined ? [node.A_Const.ival.ival ?? 0] : [],
    ),
    array: (type?.arrayBounds ?? []).length > 0,
  };
}

/** The type for people. */
export function showType(type: ColumnType): string {
  const modifiers = type.modifiers.length > 0 ? `(${type.modifiers.join(",")})` : "";
  return `${type.name}${modifiers}${type.array ? "[]" : ""}`;
}
