/** Which way a migration goes. */
export type Direction = "up" | "down";

/** The table that records what is applied, and the one beside it that records all that ever happened. */
export interface TrackingTable {
  readonly schema: string;
  readonly name: string;
  readonly history: string;
}

/** The table's name for people: `public.schema_migrations`. */
export function displayTable(table: TrackingTable): string {
  return `${table.schema}.${table.name}`;
}
