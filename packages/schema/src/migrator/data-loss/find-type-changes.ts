import type { Node } from "libpg-query";
import type { StoredColumn } from "../sql/loss-targets.ts";
import type { SqlStatement } from "../statements/sql-statement.ts";
import { changesTypeUsing } from "./changes-type-using.ts";

/** The names of the columns that a script gives another type without an expression. */
export function plainTypeChanges(statements: readonly SqlStatement[]): ReadonlySet<string> {
  return new Set(statements.flatMap(({ node }) => plainChangesOf(node)));
}

function plainChangesOf(node: Node): readonly string[] {
  if (!("AlterTableStmt" in node)) return [];
  return (node.AlterTableStmt.cmds ?? []).flatMap((command) => {
    if (!("AlterTableCmd" in command)) return [];
    const { subtype, name } = command.AlterTableCmd;
    const isPlain = subtype === "AT_AlterColumnType" && !changesTypeUsing(command.AlterTableCmd);
    return isPlain && name !== undefined ? [name] : [];
  });
}

// By their numbers in pg_type, which never change: smallint, integer and bigint; text and varchar.
const families: readonly ReadonlySet<number>[] = [new Set([21, 23, 20]), new Set([25, 1043])];

/**
 * The columns that have another type than before, and whose values may not have survived that. PostgreSQL's own
 * conversion within a family refuses a value that does not fit; others round, and an expression does what it likes.
 *
 * @param plain the columns of {@link plainTypeChanges}
 */
export function convertedColumns(
  plain: ReadonlySet<string>,
  before: readonly StoredColumn[],
  after: readonly StoredColumn[],
): readonly StoredColumn[] {
  const now = new Map(after.map((column) => [`${column.relation} ${column.attribute}`, column]));
  return before.filter((column) => {
    const same = now.get(`${column.relation} ${column.attribute}`);
    if (same === undefined || (same.type === column.type && same.modifier === column.modifier)) return false;
    const isSafe = families.some((family) => family.has(column.type) && family.has(same.type));
    return !(isSafe && plain.has(column.column));
  });
}
