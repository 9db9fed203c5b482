import type { EqualKey, TableAccess } from "./access.ts";
import type { CatalogueTable, IndexKey } from "./catalogue.ts";

// What PostgreSQL itself takes where it knows nothing.
const unknownDistinct = 200;
const rangeShare = 1 / 3;
const containedShare = 0.01;
const severalValues = 10;

/** The share of a table's rows that equal one value, from 0 to 1. */
function equalShare({ columns }: IndexKey): number {
  const [column] = columns;
  const distinct = column?.distinct ?? unknownDistinct;
  return (1 - (column?.nullFraction ?? 0)) / Math.max(1, distinct);
}

/** The share of rows that a condition lets through, from 0 to 1, whatever the parameters are. */
export function shareOf(key: EqualKey): number {
  const [column] = key.columns;
  if (key.to === "one" && column?.distinct === 0) return column.nullFraction ?? 1;
  return Math.min(1, equalShare(key) * (key.to === "several" ? severalValues : 1));
}

/** The rows of a table that an access wants, by the keys that an index has, in their order. */
export function rowsThrough(
  { table, equal, range, contained, predicates }: TableAccess,
  keys: readonly IndexKey[],
): number {
  let share = 1;
  for (const key of keys) {
    const same = equal.find(({ canonical }) => canonical === key.canonical);
    if (same !== undefined) {
      const isNull = predicates.find(
        ({ columns, canonical }) => columns === same.columns && canonical.includes("IS_NULL"),
      );
      share *= isNull?.share ?? shareOf(same);
      continue;
    }
    if (range.some(({ canonical }) => canonical === key.canonical)) share *= rangeShare;
    if (contained.some(({ canonical }) => canonical === key.canonical)) share *= containedShare;
    // Behind a range an index leaves nothing more out.
    break;
  }
  return Math.max(1, table.rows * share);
}

/** Pages of a table that hold so many rows at random places: no more than it has. */
export function pagesFor({ pages }: CatalogueTable, rows: number): number {
  if (pages <= 1) return Math.max(pages, 1);
  // Mackert and Lohman's approximation, for a cache that holds the table.
  return Math.min(pages, (2 * pages * rows) / (2 * pages + rows));
}
