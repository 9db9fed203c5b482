import type { TrackingTable } from "../tracking/tracking-table.ts";

/** The migrator's own tables as the catalogue writes them: they are no part of what migrations make. */
export function ignoredTables({ schema, name, history }: TrackingTable): readonly string[] {
  return [name, history].map((table) => `${quote(schema)}.${quote(table)}`);
}

// As format('%I') quotes, short of reserved words, which the tracking table's name is not.
function quote(word: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(word) ? word : `"${word.replaceAll('"', '""')}"`;
}
