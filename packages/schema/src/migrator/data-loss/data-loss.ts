/** Rows that a down migration drops. */
export interface DataLoss {
  readonly kind: "table" | "column" | "database";
  /** `schema.table`, `schema.table.column` or the database's name. */
  readonly what: string;
  /** How many rows; for a column those in which it has a value; null for a database, which is not looked into. */
  readonly rows: number | null;
  /** False when there are more than a million, and the number is the planner's estimate. */
  readonly exact: boolean;
}

/** A table, or a column of it, that a script removes. */
export interface LossTarget {
  readonly schema: string;
  readonly table: string;
  readonly column: string | null;
  /** Whether rows of its partitions and children count as well. */
  readonly withChildren: boolean;
}

/** The target's name for people. */
export function nameOfTarget({ schema, table, column }: LossTarget): string {
  return column === null ? `${schema}.${table}` : `${schema}.${table}.${column}`;
}
