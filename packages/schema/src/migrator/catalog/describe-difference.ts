import type { CatalogDifference, CatalogValue } from "./compare-catalogs.ts";

/** A difference as one line: what, which, and what it was and is. */
export function describeDifference(difference: CatalogDifference): string {
  const { kind, name, property, before, after } = difference;
  if (property === "exists") return `${kind} ${name}: ${after === true ? "was not there before" : "is gone"}`;
  if (Array.isArray(before) && Array.isArray(after))
    return `${kind} ${name}: ${property}: ${listChange(before, after)}`;
  return `${kind} ${name}: ${property} was ${show(before)}, is ${show(after)}`;
}

function listChange(before: readonly CatalogValue[], after: readonly CatalogValue[]): string {
  const was = before.map(show);
  const is = after.map(show);
  const lost = was.filter((item) => !is.includes(item)).map((item) => `lost ${item}`);
  const got = is.filter((item) => !was.includes(item)).map((item) => `got ${item}`);
  return lost.length + got.length > 0
    ? [...lost, ...got].join("; ")
    : `order was ${was.join(", ")}, is ${is.join(", ")}`;
}

function show(value: CatalogValue | undefined): string {
  if (value === null || value === undefined) return "nothing";
  return typeof value === "string" ? `"${value}"` : JSON.stringify(value);
}
