import type { CountedChanges } from "./counted-changes.ts";

/** A column as far as it decides which indexes are worth trying. */
export interface CatalogueColumn {
  readonly name: string;
  /** Its place in the table, from 1. */
  readonly position: number;
  /** Whether a B-tree can keep it. */
  readonly isSortable: boolean;
  /** What a GIN index can look up in it; null for nothing. */
  readonly contains: "jsonb" | "array" | "tsvector" | null;
  readonly isBoolean: boolean;
  /** How many different values there are; null where that is not known. */
  readonly distinct: number | null;
  /** The share of NULLs, from 0 to 1; null where that is not known. */
  readonly nullFraction: number | null;
  /** The share of rows with the most common value, from 0 to 1; null where that is not known. */
  readonly commonest: number | null;
  /** Bytes of a value on average; null where that is not known. */
  readonly width: number | null;
}

/** What an index orders by, or looks up: a column, or an expression over columns of one table. */
export interface IndexKey {
  /** The same for the same column or expression, however it is written. */
  readonly canonical: string;
  /** As it stands in CREATE INDEX. */
  readonly sql: string;
  readonly columns: readonly CatalogueColumn[];
  readonly isColumn: boolean;
}

/** A key in an index, with its direction. */
export interface OrderedKey extends IndexKey {
  readonly isDescending: boolean;
  readonly nullsFirst: boolean;
}

/** A condition that rows must meet to be in a partial index. */
export interface IndexPredicate {
  readonly canonical: string;
  readonly sql: string;
  readonly columns: readonly CatalogueColumn[];
  /** The share of rows that meet it, as the statistics say; 1 where that is not known. */
  readonly share: number;
}

/** An index that is there. */
export interface CatalogueIndex {
  readonly name: string;
  readonly method: string;
  readonly keys: readonly OrderedKey[];
  /** The names of columns that it carries along. */
  readonly include: readonly string[];
  /** The canonical text of each condition of a partial one. */
  readonly predicates: readonly string[];
  /** The names of all columns that it depends on. */
  readonly columns: readonly string[];
  /** Whether a constraint, or the identity of rows on replicas, rests on it. */
  readonly isNeeded: boolean;
  readonly isUnique: boolean;
  readonly isValid: boolean;
  /** Whether its operator classes are those that new indexes have. */
  readonly isOrdinary: boolean;
}

/** A table with what is known of it; of a partitioned one the parts count as one. */
export interface CatalogueTable {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly isPartitioned: boolean;
  readonly rows: number;
  readonly pages: number;
  readonly columns: readonly CatalogueColumn[];
  readonly indexes: readonly CatalogueIndex[];
  /** How it was written since the statistics began; of a partitioned one each part. */
  readonly counted: readonly CountedChanges[];
}

/** The tables of a database, as far as advice needs them. */
export interface Catalogue {
  readonly tables: readonly CatalogueTable[];
  /** The schemas that a name without one is looked up in, in order. */
  readonly searchPath: readonly string[];
  /** The functions whose result depends on their arguments alone: `name/number of arguments`. */
  readonly immutable: ReadonlySet<string>;
}

/** The table of a name, as the server would find it; null where there is none. */
export function findTable(
  { tables, searchPath }: Catalogue,
  name: string,
  schema: string | undefined,
): CatalogueTable | null {
  const named = tables.filter((table) => table.name === name);
  if (schema !== undefined) return named.find((table) => table.schema === schema) ?? null;
  for (const place of searchPath) {
    const found = named.find((table) => table.schema === place);
    if (found !== undefined) return found;
  }
  return null;
}
