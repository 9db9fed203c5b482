import type { Node } from "libpg-query";
import { parseStatements } from "../statements/parse-statements.ts";

/**
 * Whether an index that exists is the one that a statement would build, as far as their texts tell: written
 * differently (with a cast more in an expression, say) they count as different.
 */
export async function sameIndex(wanted: Node, definition: string): Promise<boolean> {
  const [existing] = await parseStatements(definition, "pg_get_indexdef");
  return existing !== undefined && essence(wanted) === essence(existing.node);
}

// Left out: where words stand in the text, and what says how to build instead of what to build.
const howToBuild: ReadonlySet<string> = new Set(["location", "concurrent", "if_not_exists", "schemaname"]);

function essence(node: Node): string {
  return JSON.stringify(node, (key, value: unknown) => (howToBuild.has(key) ? undefined : value));
}
