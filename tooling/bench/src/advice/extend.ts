import type pg from "pg";
import { type HypotheticalCosts, type IndexColumns, indexText } from "./hypothetical-costs.ts";

/** What Extend may choose. */
export interface ExtendBounds {
  readonly budgetBytes: number;
  readonly maxColumns: number;
}

/**
 * The greedy what-if search "Extend" (Schlosser, Kossmann, Boissier 2019; Kossmann et al., PVLDB 13, 2020), as a peer: from the
 * empty set, again and again the one step that spares the most for its size, a new index of one column or one more column
 * behind those of a chosen one, until nothing helps or fits.
 */
export async function extend(
  costs: HypotheticalCosts,
  columns: readonly IndexColumns[],
  { budgetBytes, maxColumns }: ExtendBounds,
): Promise<readonly IndexColumns[]> {
  let chosen: readonly IndexColumns[] = [];
  const sizeOf = async (all: readonly IndexColumns[]) => {
    let bytes = 0;
    for (const one of all) bytes += await costs.sizeOf(one);
    return bytes;
  };
  for (;;) {
    const [cost, size] = [await costs.total(chosen), await sizeOf(chosen)];
    let best: { readonly next: readonly IndexColumns[]; readonly ratio: number } | undefined;
    for (const next of steps(chosen, columns, maxColumns)) {
      const added = (await sizeOf(next)) - size;
      if (size + added > budgetBytes) continue;
      const ratio = (cost - (await costs.total(next))) / Math.max(added, 8192);
      // Less than a thousandth of the cost is none.
      if (ratio * Math.max(added, 8192) > cost / 1000 && ratio > (best?.ratio ?? 0)) best = { next, ratio };
    }
    if (best === undefined) return chosen;
    chosen = best.next;
  }
}

function* steps(
  chosen: readonly IndexColumns[],
  columns: readonly IndexColumns[],
  maxColumns: number,
): Generator<readonly IndexColumns[]> {
  const has = new Set(chosen.map(indexText));
  for (const one of columns) if (!has.has(indexText(one))) yield [...chosen, one];
  for (const index of chosen) {
    if (index.columns.length >= maxColumns) continue;
    for (const { table, columns: added } of columns) {
      const [column] = added;
      if (table !== index.table || column === undefined || index.columns.includes(column)) continue;
      const wider = { table, columns: [...index.columns, column] };
      if (!has.has(indexText(wider))) yield [...chosen.filter((one) => one !== index), wider];
    }
  }
}

/** Every column of a user's table that a statement names, as indexes of one column. */
export async function namedColumns(
  client: pg.Client,
  texts: readonly string[],
): Promise<readonly IndexColumns[]> {
  const { rows } = await client.query<{ table: string; name: string; column: string }>(`
    SELECT format('%I.%I', n.nspname, c.relname) AS table, c.relname AS name, a.attname AS column
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid NOT IN ('json'::REGTYPE, 'jsonb'::REGTYPE)
    ORDER BY 1, a.attnum`);
  const names = (text: string, word: string) => new RegExp(`\\b${word}\\b`).test(text);
  return rows
    .filter(({ name, column }) => texts.some((text) => names(text, name) && names(text, column)))
    .map(({ table, column }) => ({ table, columns: [column] }));
}
