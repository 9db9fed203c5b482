import { createHash } from "node:crypto";
import { QuoteUtils } from "pgsql-deparser";
import type { CatalogueColumn, CatalogueTable, IndexPredicate, OrderedKey } from "./catalogue.ts";

/** An index that might be worth having. */
export interface IndexCandidate {
  readonly table: CatalogueTable;
  readonly method: "btree" | "gin";
  readonly keys: readonly OrderedKey[];
  /** Columns that it carries along, so that the table need not be read. */
  readonly include: readonly CatalogueColumn[];
  /** Conditions all of which rows must meet to be in it. */
  readonly predicates: readonly IndexPredicate[];
  /** In place of the operator class that its type has of itself; null for none. */
  readonly operatorClass: string | null;
  /** The same for the same index. */
  readonly id: string;
}

/** Makes a candidate, with its id. */
export function candidate(parts: Omit<IndexCandidate, "id">): IndexCandidate {
  const { table, method, keys, include, predicates, operatorClass } = parts;
  const id = JSON.stringify([
    table.schema,
    table.name,
    method,
    keys.map((key) => [key.canonical, key.isDescending, key.nullsFirst]),
    include.map(({ name }) => name),
    predicates.map((one) => one.canonical),
    operatorClass,
  ]);
  return { ...parts, id };
}

/** The names of all columns whose change is a change of the index. */
export function columnsOf({ keys, include, predicates }: IndexCandidate): ReadonlySet<string> {
  const columns = [...keys, ...predicates].flatMap((one) => one.columns);
  return new Set([...columns, ...include].map(({ name }) => name));
}

/** What comes behind the name of the table in CREATE INDEX. */
export function indexBody({ method, keys, include, predicates, operatorClass }: IndexCandidate): string {
  const key = (one: OrderedKey) => {
    const words = [one.sql];
    if (operatorClass !== null) words.push(operatorClass);
    if (one.isDescending) words.push("DESC");
    if (one.nullsFirst !== one.isDescending) words.push(one.nullsFirst ? "NULLS FIRST" : "NULLS LAST");
    return words.join(" ");
  };
  const parts = [`USING ${method} (${keys.map(key).join(", ")})`];
  if (include.length > 0) parts.push(`INCLUDE (${include.map(({ name }) => quoted(name)).join(", ")})`);
  if (predicates.length > 0) parts.push(`WHERE ${predicates.map(({ sql }) => sql).join(" AND ")}`);
  return parts.join(" ");
}

/** The table's name as it stands in a statement. */
export function tableText({ schema, name }: CatalogueTable): string {
  return `${quoted(schema)}.${quoted(name)}`;
}

/** A name as it stands in a statement. */
export function quoted(name: string): string {
  return QuoteUtils.quoteIdentifier(name);
}

/** The statement that builds it while its table is in use; on a partitioned table it is for each part. */
export function indexDefinition(index: IndexCandidate): string {
  return `CREATE INDEX CONCURRENTLY ${quoted(indexName(index))} ON ${tableText(index.table)} ${indexBody(index)}`;
}

// PostgreSQL cuts longer names, which then would not be found again.
const longestName = 63;

/** A name for it that says what it is, at most 63 bytes; one that had to be cut ends with a digest. */
export function indexName(index: IndexCandidate): string {
  const parts = index.keys.map((key) => key.columns.map(({ name }) => name).join("_"));
  const words = ["idx", index.table.name, ...parts];
  if (index.method !== "btree") words.push(index.method);
  // The same columns may be indexed in several ways.
  const isPlain =
    index.predicates.length === 0 &&
    index.include.length === 0 &&
    index.operatorClass === null &&
    index.keys.every((key) => key.isColumn && !key.isDescending && !key.nullsFirst);
  const digest = createHash("sha256").update(index.id).digest("hex").slice(0, 8);
  const name = words.join("_");
  if (isPlain && Buffer.byteLength(name) <= longestName) return name;
  let short = name;
  while (Buffer.byteLength(short) > longestName - digest.length - 1) short = [...short].slice(0, -1).join("");
  return `${short}_${digest}`;
}
