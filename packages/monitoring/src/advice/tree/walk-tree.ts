/**
 * Calls `enter` for each node of a parse tree, outer ones first, with its name as in `ColumnRef`; false keeps it from going
 * into that node.
 */
export function walkTree(value: unknown, enter: (name: string, body: object) => boolean): void {
  if (Array.isArray(value)) {
    for (const one of value) walkTree(one, enter);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, body] of Object.entries(value)) {
    if (typeof body !== "object" || body === null) continue;
    // What a field holds has a small first letter; a node a capital one.
    const isNode = /^[A-Z]/.test(name) && !Array.isArray(body);
    if (!isNode || enter(name, body)) walkTree(body, enter);
  }
}
