/** A name that a statement has for a table; without a schema where it is looked up. */
export interface TableName {
  readonly schema: string | null;
  readonly name: string;
}

/** Every name in parse trees that may be one of a table, each once. Those of WITH are among them. */
export function namedTables(trees: readonly unknown[]): readonly TableName[] {
  const found = new Map<string, TableName>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("relname" in value && typeof value.relname === "string") {
      const schema = "schemaname" in value && typeof value.schemaname === "string" ? value.schemaname : null;
      found.set(JSON.stringify([schema, value.relname]), { schema, name: value.relname });
    }
    for (const one of Object.values(value)) visit(one);
  };
  visit(trees);
  return [...found.values()];
}
