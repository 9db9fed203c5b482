/** Calls `visit` with every node of a parse tree, by its tag; stops nowhere. */
export function walkTree(tree: unknown, visit: (tag: string, node: Record<string, unknown>) => void): void {
  if (Array.isArray(tree)) {
    for (const item of tree) walkTree(item, visit);
    return;
  }
  if (!isRecord(tree)) return;
  for (const [tag, value] of Object.entries(tree)) {
    if (isRecord(value)) visit(tag, value);
    walkTree(value, visit);
  }
}

/** All values of the string constants in a tree. */
export function stringConstants(tree: unknown): readonly string[] {
  const found: string[] = [];
  walkTree(tree, (tag, node) => {
    // A constant is `{ sval: { sval: "text" } }`; the words of a name are `{ String: { sval: "word" } }`.
    if (tag === "sval" && typeof node["sval"] === "string") found.push(node["sval"]);
  });
  return found;
}

/** The names of all functions that a tree calls, without their schema. */
export function calledFunctions(tree: unknown): readonly string[] {
  const found: string[] = [];
  walkTree(tree, (tag, node) => {
    if (tag !== "FuncCall" || !Array.isArray(node["funcname"])) return;
    const last: unknown = node["funcname"].at(-1);
    if (isRecord(last) && isRecord(last["String"]) && typeof last["String"]["sval"] === "string") {
      found.push(last["String"]["sval"]);
    }
  });
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
