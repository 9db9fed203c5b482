import type { ClientBase } from "pg";
import { z } from "zod";
import type { Catalog, CatalogObject } from "./catalog.ts";
import { runCatalogQuery } from "./run-catalog-query.ts";
import { allQueries } from "./sql/all-queries.ts";

/** What to leave out of a snapshot. */
export interface ReadCatalogOptions {
  /** Schemas to leave out with everything in them. Default: none. */
  readonly ignoreSchemas?: readonly string[];
  /** Tables to leave out with their columns, indexes and sequences, as `schema.table`. Default: none. */
  readonly ignoreTables?: readonly string[];
}

const pathRow = z.array(z.object({ path: z.string() }));

/**
 * Reads everything that a migration can create: schemas, types, tables, columns, constraints, indexes,
 * routines, triggers, policies, privileges, owners, comments, settings and the rest.
 *
 * By names, never by OID, and in a fixed order, so that equal databases give equal snapshots. Roles belong
 * to the cluster and large objects and the positions of sequences are data: they are not read. Members of
 * extensions are represented by their extension.
 *
 * Works in and outside of a transaction on PostgreSQL 15 and newer; leaves the session's `search_path` as it was.
 */
export async function readCatalog(client: ClientBase, options: ReadCatalogOptions = {}): Promise<Catalog> {
  // With nothing but pg_catalog on the path the server writes every name with its schema.
  const path = pathRow.parse((await client.query("SELECT current_setting('search_path') AS path")).rows)[0];
  await client.query("SELECT set_config('search_path', 'pg_catalog', FALSE)");
  try {
    return await readAll(client, options);
  } finally {
    await client
      .query("SELECT set_config('search_path', $1, FALSE)", [path?.path ?? "public"])
      .catch(() => undefined);
  }
}

async function readAll(client: ClientBase, options: ReadCatalogOptions): Promise<Catalog> {
  const schemas = new Set(options.ignoreSchemas);
  const tables = new Set(options.ignoreTables);
  const objects: CatalogObject[] = [];
  for (const [name, query] of Object.entries(allQueries)) {
    for (const row of await runCatalogQuery(client, name, query)) {
      if (row.schema !== null && schemas.has(row.schema)) continue;
      if (row.relation !== null && tables.has(row.relation)) continue;
      objects.push({ kind: row.kind, name: row.name, properties: row.properties });
    }
  }
  return objects.sort(byKindAndName);
}

function byKindAndName(left: CatalogObject, right: CatalogObject): number {
  if (left.kind !== right.kind) return left.kind < right.kind ? -1 : 1;
  if (left.name === right.name) return 0;
  return left.name < right.name ? -1 : 1;
}
