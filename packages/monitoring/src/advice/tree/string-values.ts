import type { Node } from "libpg-query";

/** The texts of String nodes, as names are made of; anything else, such as a star, is left out. */
export function stringValues(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).flatMap((node) => ("String" in node ? [node.String.sval ?? ""] : []));
}
