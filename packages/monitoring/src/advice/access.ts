import type { CatalogueTable, IndexKey, IndexPredicate, OrderedKey } from "./catalogue.ts";

/** A key that must equal something. */
export interface EqualKey extends IndexKey {
  /**
   * What it equals: one value, one of several, or a column of another table. Rows that are one of several come in no order.
   */
  readonly to: "one" | "several" | "column";
}

/** A column that GIN is to look into. */
export interface ContainedKey extends IndexKey {
  readonly operator: string;
}

/** How a statement comes to the rows of a table, in one of the places where it names it. */
export interface TableAccess {
  readonly table: CatalogueTable;
  readonly equal: readonly EqualKey[];
  readonly range: readonly IndexKey[];
  readonly contained: readonly ContainedKey[];
  /** Conditions without parameters, which a partial index may have. */
  readonly predicates: readonly IndexPredicate[];
  /** What its rows are wanted in the order of, or grouped by; empty for nothing. */
  readonly order: readonly OrderedKey[];
  /** The names of the columns that are read; null for all. */
  readonly used: ReadonlySet<string> | null;
}

/** What a statement writes. */
export interface TableWrite {
  readonly table: CatalogueTable;
  readonly kind: "insert" | "update" | "delete";
  /** The names of the columns that an update sets. */
  readonly columns: readonly string[];
}

/** What a statement does to tables. */
export interface StatementUse {
  readonly accesses: readonly TableAccess[];
  readonly writes: readonly TableWrite[];
}
