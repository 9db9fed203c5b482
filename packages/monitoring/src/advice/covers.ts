import type { IndexCandidate } from "./candidate.ts";
import type { CatalogueIndex, OrderedKey } from "./catalogue.ts";

/** What counts of an index for whether it does all that another one does. */
interface IndexShape {
  readonly method: string;
  readonly keys: readonly OrderedKey[];
  readonly include: readonly string[];
  readonly predicates: readonly string[];
}

/** The shape of an index that might be built. */
export function shapeOf({ method, keys, include, predicates }: IndexCandidate): IndexShape {
  return {
    method,
    keys,
    include: include.map(({ name }) => name),
    predicates: predicates.map((one) => one.canonical),
  };
}

/**
 * Whether one index of a table does all that another one does: the other's keys are its first ones, in the same or in
 * the opposite order throughout, it has all that the other carries along, and it leaves out no row that the other has.
 */
export function covers(one: IndexShape, other: IndexShape): boolean {
  if (one.method !== other.method) return false;
  if (!one.predicates.every((predicate) => other.predicates.includes(predicate))) return false;
  const names = new Set([...one.include, ...one.keys.map(({ canonical }) => canonical)]);
  const has = (name: string) =>
    names.has(name) || one.keys.some((key) => key.isColumn && key.columns[0]?.name === name);
  if (!other.include.every(has)) return false;
  if (one.method !== "btree") {
    return other.keys.every((key) => one.keys.some(({ canonical }) => canonical === key.canonical));
  }
  if (other.keys.length > one.keys.length) return false;
  const pairs = other.keys.map((key, at) => [key, one.keys[at]] as const);
  const agree = (isOpposite: boolean) =>
    pairs.every(
      ([key, mine]) =>
        mine !== undefined &&
        key.canonical === mine.canonical &&
        (key.isDescending === mine.isDescending) !== isOpposite &&
        (key.nullsFirst === mine.nullsFirst) !== isOpposite,
    );
  return agree(false) || agree(true);
}

/** Whether an index that is there, and that queries may use, does all that a new one would. */
export function isCoveredBy(index: CatalogueIndex, other: IndexCandidate): boolean {
  return index.isValid && index.isOrdinary && covers(index, shapeOf(other));
}
