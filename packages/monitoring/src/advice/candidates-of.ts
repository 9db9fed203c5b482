import type { ContainedKey, EqualKey, TableAccess } from "./access.ts";
import { candidate, type IndexCandidate } from "./candidate.ts";
import type { CatalogueColumn, IndexKey, IndexPredicate, OrderedKey } from "./catalogue.ts";
import { isCoveredBy } from "./covers.ts";
import { shareOf } from "./selectivity.ts";

/** How wide indexes may be. */
export interface CandidateBounds {
  /** Keys at most. */
  readonly maxKeys: number;
  /** Candidates of one access at most. */
  readonly maxCandidates: number;
}

// More of them cost more than they spare.
const mostIncluded = 3;
const widestIncluded = 64;
/** Of a table's rows a partial index is to leave out so many that it is worth a special one. */
const largestShare = 0.5;

/** The indexes that might help an access: none that an index of the table does the work of already. */
export function candidatesOf(access: TableAccess, bounds: CandidateBounds): readonly IndexCandidate[] {
  const { table } = access;
  const found = new Map<string, IndexCandidate>();
  const add = (one: IndexCandidate) => {
    if (found.size >= bounds.maxCandidates || found.has(one.id)) return;
    if (!table.indexes.some((index) => isCoveredBy(index, one))) found.set(one.id, one);
  };
  const lists = keyLists(access, bounds.maxKeys);
  for (const one of access.contained.flatMap((key) => containedCandidates(access, key))) add(one);
  for (const keys of lists) add(plain(access, keys, []));
  const partial = access.predicates.filter(({ share }) => share <= largestShare);
  for (const keys of lists) for (const one of partialCandidates(access, keys, partial)) add(one);
  for (const keys of lists) {
    const include = includable(access, keys);
    if (include.length > 0) add(plain(access, keys, include));
  }
  return [...found.values()];
}

function plain(
  { table }: TableAccess,
  keys: readonly OrderedKey[],
  include: readonly CatalogueColumn[],
  predicates: readonly IndexPredicate[] = [],
): IndexCandidate {
  return candidate({ table, method: "btree", keys, include, predicates, operatorClass: null });
}

function partialCandidates(
  access: TableAccess,
  keys: readonly OrderedKey[],
  predicates: readonly IndexPredicate[],
): IndexCandidate[] {
  const sets =
    predicates.length > 1 ? [[...predicates], ...predicates.map((one) => [one])] : [[...predicates]];
  return sets.flatMap((set) => {
    if (set.length === 0) return [];
    // What the condition says of a column, its index need not say again.
    const said = new Set(set.flatMap(({ columns }) => columns));
    const left = keys.filter((key) => !key.isColumn || !key.columns.some((column) => said.has(column)));
    return left.length === 0 ? [] : [plain(access, left, [], set)];
  });
}

function includable({ table, used }: TableAccess, keys: readonly OrderedKey[]): CatalogueColumn[] {
  // Of an expression nothing is known before its index is there: what is read beside it would be guessed.
  if (used === null || keys.some(({ isColumn }) => !isColumn)) return [];
  const inKeys = new Set(keys.filter(({ isColumn }) => isColumn).flatMap(({ columns }) => columns));
  const missing = table.columns.filter((column) => used.has(column.name) && !inKeys.has(column));
  const width = missing.reduce((sum, column) => sum + (column.width ?? widestIncluded + 1), 0);
  return missing.length <= mostIncluded && width <= widestIncluded ? missing : [];
}

/** The lists of keys that are worth trying, those that are most likely to help first. */
function keyLists(access: TableAccess, maxKeys: number): readonly (readonly OrderedKey[])[] {
  const equal = access.equal.filter(isSortable).toSorted(byShare);
  const singles = equal.filter(({ to }) => to !== "several");
  const joined = equal.filter(({ to }) => to === "column");
  const given = equal.filter(({ to }) => to !== "column");
  const range = access.range.filter(isSortable).toSorted(byName);
  const order = access.order.filter(isSortable);
  const prefixes: (readonly IndexKey[])[] = [
    ...[1, 2, 3].map((many) => equal.slice(0, many)),
    ...equal.map((key) => [key]),
    ...equal.flatMap((key) => equal.filter((other) => other !== key).map((other) => [key, other])),
    ...joined.map((key) => [key, ...given.slice(0, 2)]),
    ...joined.map((key) => [...given.slice(0, 2), key]),
  ].filter((keys) => keys.length > 0);
  const ascending = (keys: readonly IndexKey[]) =>
    keys.map((key): OrderedKey => ({ ...key, isDescending: false, nullsFirst: false }));
  const lists: OrderedKey[][] = [];
  // Equal ones first, then the order or one range: an index finds and orders by no more.
  const shortest = [singles.slice(0, 1), singles.slice(0, 2), ...singles.map((key) => [key])];
  if (order.length > 0) {
    for (const keys of shortest) lists.push([...ascending(keys), ...without(order, keys)]);
    lists.push([...order]);
    for (const key of range) lists.push([...order, ...ascending(without([key], order))]);
  }
  for (const key of range)
    for (const keys of [...prefixes, []]) lists.push(ascending([...keys, ...without([key], keys)]));
  for (const keys of prefixes) lists.push(ascending(keys));
  return unique(lists.map((keys) => keys.slice(0, maxKeys)).filter((keys) => keys.length > 0));
}

function without<Key extends IndexKey>(keys: readonly Key[], others: readonly IndexKey[]): readonly Key[] {
  return keys.filter((key) => !others.some(({ canonical }) => canonical === key.canonical));
}

function unique(lists: readonly OrderedKey[][]): readonly OrderedKey[][] {
  const seen = new Set<string>();
  return lists.filter((keys) => {
    const text = JSON.stringify(keys.map((key) => [key.canonical, key.isDescending, key.nullsFirst]));
    return !seen.has(text) && seen.add(text);
  });
}

const isSortable = (key: IndexKey) =>
  !key.isColumn || key.columns.every((column) => column.isSortable && (column.width ?? 0) <= 1000);
const byName = (a: IndexKey, b: IndexKey) =>
  a.canonical < b.canonical ? -1 : a.canonical > b.canonical ? 1 : 0;
const byShare = (a: EqualKey, b: EqualKey) => shareOf(a) - shareOf(b) || byName(a, b);

const pathOperators: ReadonlySet<string> = new Set(["@>", "@?", "@@"]);
const keyOperators: ReadonlySet<string> = new Set(["?", "?|", "?&"]);
const arrayOperators: ReadonlySet<string> = new Set(["@>", "<@", "&&"]);

function containedCandidates({ table }: TableAccess, key: ContainedKey): IndexCandidate[] {
  const { operator, isColumn } = key;
  const contains = isColumn ? key.columns[0]?.contains : "tsvector";
  const of = (operatorClass: string | null) =>
    candidate({
      table,
      method: "gin",
      keys: [{ ...key, isDescending: false, nullsFirst: false }],
      include: [],
      predicates: [],
      operatorClass,
    });
  if (contains === "jsonb" && pathOperators.has(operator)) return [of("jsonb_path_ops"), of(null)];
  if (contains === "jsonb" && keyOperators.has(operator)) return [of(null)];
  if (contains === "array" && arrayOperators.has(operator)) return [of(null)];
  return contains === "tsvector" && operator === "@@" ? [of(null)] : [];
}
