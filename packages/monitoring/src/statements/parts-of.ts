import type { Node } from "libpg-query";

type NodeName = Node extends infer Each ? (Each extends unknown ? keyof Each : never) : never;
type Body<Name extends NodeName> = Extract<Node, Record<Name, unknown>>[Name &
  keyof Extract<Node, Record<Name, unknown>>];

/** All parts of a tree that are of one kind, the outer ones before those within. */
export function partsOf<Name extends NodeName>(tree: unknown, name: Name): readonly Body<Name>[] {
  const found: Body<Name>[] = [];
  collect(tree, name, (part) => found.push(part as Body<Name>));
  return found;
}

function collect(tree: unknown, name: string, take: (part: object) => void): void {
  if (typeof tree !== "object" || tree === null) return;
  for (const [key, value] of Object.entries(tree)) {
    // Both sides of a UNION stand in the tree without their name.
    if (isObject(value) && (key === name || (name === "SelectStmt" && (key === "larg" || key === "rarg"))))
      take(value);
    collect(value, name, take);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
