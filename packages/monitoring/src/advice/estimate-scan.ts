import type { TableAccess } from "./access.ts";
import type { IndexCandidate } from "./candidate.ts";
import type { CostSettings } from "./cost-settings.ts";
import { pagesFor, rowsThrough } from "./selectivity.ts";

/**
 * What it would cost to come to the rows of an access through an index, in the units of the planner: an estimate from the
 * table's statistics for where the planner itself cannot be asked. It leaves out what an index spares by its order.
 */
export function estimateScan(
  access: TableAccess,
  { method, keys, include, predicates, table }: IndexCandidate,
  { randomPage, seqPage, cpuTuple, cpuIndexTuple, cpuOperator }: CostSettings,
): number {
  const share = predicates.reduce((product, one) => product * one.share, 1);
  const rows = Math.max(1, rowsThrough(access, keys) * share);
  const descent = Math.log2(Math.max(2, table.rows)) * cpuOperator + 2 * randomPage;
  const names = new Set([...include, ...keys.flatMap(({ columns }) => columns)].map(({ name }) => name));
  const carriesAll = access.used !== null && [...access.used].every((name) => names.has(name));
  const pages = carriesAll && method === "btree" ? rows / 100 : pagesFor(table, rows);
  // The more of a table's pages are read, the more of them stand in a row.
  const each = randomPage - (randomPage - seqPage) * Math.sqrt(Math.min(1, pages / Math.max(1, table.pages)));
  return descent + pages * each + rows * (cpuTuple + cpuIndexTuple + cpuOperator);
}

/** About how large an index would be, in bytes. */
export function estimateSize({ method, keys, include, predicates, table }: IndexCandidate): number {
  const columns = [...keys.flatMap((key) => key.columns), ...include];
  const width = columns.reduce((sum, column) => sum + (column.width ?? 8), 0);
  const rows = table.rows * predicates.reduce((product, one) => product * one.share, 1);
  // A tuple's head and its pointer; pages are filled to nine tenths. A GIN index keeps each part once, with who has it.
  const each = method === "gin" ? width * 0.6 + 6 : Math.ceil((width + 12) / 8) * 8;
  return Math.max(2, Math.ceil((rows * each) / 0.9 / 8192) + 1) * 8192;
}
