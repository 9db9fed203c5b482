import type { Node } from "libpg-query";

/** Fields that say how something was written, and not what it is. */
const spelling: ReadonlySet<string> = new Set([
  "location",
  "funcformat",
  "rexpr_list_start",
  "rexpr_list_end",
]);

/** A text that is the same for the same expression, however its columns are qualified and its literals are cast. */
export function canonical(node: Node): string {
  return JSON.stringify(plain(node));
}

/** The same expression with its columns named by their bare names. */
export function withoutQualifiers<Value>(value: Value): Value {
  return mapped(value, (name, body) => {
    if (name !== "ColumnRef" || !hasFields(body)) return undefined;
    return { ...body, fields: body.fields.slice(-1) };
  }) as Value;
}

function plain(value: unknown): unknown {
  return mapped(withoutQualifiers(value), (name, body) => {
    if (name !== "TypeCast" || !("arg" in body)) return undefined;
    const { arg } = body;
    // 'x'::text is 'x', as the server writes it.
    return typeof arg === "object" && arg !== null && "A_Const" in arg ? { A_Const: arg.A_Const } : undefined;
  });
}

function hasFields(body: object): body is { fields: readonly unknown[] } {
  return "fields" in body && Array.isArray(body.fields);
}

function mapped(value: unknown, change: (name: string, body: object) => object | undefined): unknown {
  if (Array.isArray(value)) return value.map((one) => mapped(one, change));
  if (typeof value !== "object" || value === null) return value;
  const entries: [string, unknown][] = [];
  for (const [name, body] of Object.entries(value)) {
    if (spelling.has(name)) continue;
    const changed = typeof body === "object" && body !== null ? change(name, body) : undefined;
    if (changed !== undefined && "A_Const" in changed)
      entries.push(["A_Const", mapped(changed["A_Const"], change)]);
    else entries.push([name, mapped(changed ?? body, change)]);
  }
  // In the order of their names, so that the same is the same.
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
