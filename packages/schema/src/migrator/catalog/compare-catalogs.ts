import { isDeepStrictEqual } from "node:util";
import type { Catalog, CatalogObject } from "./catalog.ts";

/** A value of a property as the snapshot holds it. */
export type CatalogValue = CatalogObject["properties"][string];

/** One thing that is not the same in two snapshots. */
export interface CatalogDifference {
  /** what it is: "table", "index", "function" */
  readonly kind: string;
  /** its qualified name */
  readonly name: string;
  /** the property that differs; `exists` when the object is in one of the snapshots only */
  readonly property: string;
  readonly before: CatalogValue;
  readonly after: CatalogValue;
}

/** Lists what differs between two snapshots, sorted; an empty list means that they are equal. */
export function compareCatalogs(before: Catalog, after: Catalog): readonly CatalogDifference[] {
  const old = byIdentity(before);
  const current = byIdentity(after);
  const identities = [...new Set([...old.keys(), ...current.keys()])].sort();
  return withoutParts(
    identities.flatMap((identity) => compareObject(old.get(identity), current.get(identity))),
  );
}

function byIdentity(catalog: Catalog): Map<string, CatalogObject> {
  return new Map(catalog.map((object) => [`${object.kind} ${object.name}`, object]));
}

function compareObject(
  before: CatalogObject | undefined,
  after: CatalogObject | undefined,
): readonly CatalogDifference[] {
  const object = after ?? before;
  if (object === undefined) return [];
  const { kind, name } = object;
  if (before === undefined || after === undefined) {
    return [{ kind, name, property: "exists", before: before !== undefined, after: after !== undefined }];
  }
  // Almost all objects of two snapshots are equal, and texts are compared far quicker than trees.
  if (JSON.stringify(before.properties) === JSON.stringify(after.properties)) return [];
  const properties = [...new Set([...Object.keys(before.properties), ...Object.keys(after.properties)])];
  return properties.flatMap((property) => {
    const was = before.properties[property] ?? null;
    const is = after.properties[property] ?? null;
    return isDeepStrictEqual(was, is) ? [] : [{ kind, name, property, before: was, after: is }];
  });
}

const partsOfATable: ReadonlySet<string> = new Set(["column", "constraint", "index", "trigger", "policy"]);
const tableLike: ReadonlySet<string> = new Set(["table", "view", "materialized view", "foreign table"]);

/** A table that is there once brings all its columns along: the columns would only drown what matters. */
function withoutParts(differences: readonly CatalogDifference[]): readonly CatalogDifference[] {
  const whole = differences
    .filter((d) => d.property === "exists" && tableLike.has(d.kind))
    .map((d) => `${d.name}.`);
  return differences.filter(
    (d) =>
      d.property !== "exists" ||
      !partsOfATable.has(d.kind) ||
      !whole.some((table) => d.name.startsWith(table)),
  );
}
