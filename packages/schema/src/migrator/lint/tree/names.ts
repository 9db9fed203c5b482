import type { Node, RangeVar } from "libpg-query";

/** A relation's name as the statement writes it, with its schema where it names one. */
export function relationName(relation: RangeVar | undefined): string {
  if (relation === undefined) return "";
  const name = relation.relname ?? "";
  return relation.schemaname === undefined ? name : `${relation.schemaname}.${name}`;
}

/** The words of a qualified name: `["shop", "orders"]`. */
export function nameParts(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).flatMap((node) => ("String" in node ? [node.String.sval ?? ""] : []));
}

/** A qualified name with dots, without `pg_catalog`. */
export function dottedName(nodes: readonly Node[] | undefined): string {
  return nameParts(nodes)
    .filter((part, index, parts) => !(part === "pg_catalog" && index === 0 && parts.length > 1))
    .join(".");
}

/** The name of what a DROP, COMMENT or RENAME statement is about, from any of the shapes the parser gives it. */
export function objectName(node: Node | undefined): string {
  if (node === undefined) return "";
  if ("List" in node) return dottedName(node.List.items);
  if ("String" in node) return node.String.sval ?? "";
  if ("TypeName" in node) return dottedName(node.TypeName.names);
  if ("ObjectWithArgs" in node) return dottedName(node.ObjectWithArgs.objname);
  return "";
}
