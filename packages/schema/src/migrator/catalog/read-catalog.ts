import type { ClientBase } from "pg";
import { runQuery } from "../session/run-query.ts";
import type { Catalog, CatalogObject } from "./catalog.ts";
import { prepareCatalog, preparedCatalog, wholeCatalog } from "./sql/all-queries.ts";
import { changeSettings, currentSettings } from "./sql/settings.ts";

/** What to leave out of a snapshot. */
export interface ReadCatalogOptions {
  /** Schemas to leave out with everything in them. Default: none. */
  readonly ignoreSchemas?: readonly string[];
  /** Tables to leave out with their columns, indexes and sequences, as `schema.table`. Default: none. */
  readonly ignoreTables?: readonly string[];
  /**
   * For a session that reads more than once: it keeps the query as its prepared statement `smith_catalog`.
   * Default: false.
   */
  readonly keepPlan?: boolean;
}

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
  const [before] = await runQuery(client, currentSettings);
  try {
    await runQuery(client, changeSettings(settingsForReading));
    return await readAll(client, options, before?.prepared === true);
  } finally {
    // In a transaction that has failed nothing can be set, and its end puts both back.
    if (before !== undefined) await runQuery(client, changeSettings(before)).catch(() => undefined);
  }
}

// With nothing but pg_catalog on the path the server writes every name with its schema. And compiling queries
// that run for milliseconds takes longer than running them.
const settingsForReading = { path: "pg_catalog", jit: "off" };

async function readAll(client: ClientBase, options: ReadCatalogOptions, prepared: boolean): Promise<Catalog> {
  const keepPlan = options.keepPlan === true;
  // A file that ran in between may have taken it away.
  if (keepPlan && !prepared) await runQuery(client, prepareCatalog);
  const schemas = new Set(options.ignoreSchemas);
  const tables = new Set(options.ignoreTables);
  const objects: CatalogObject[] = [];
  for (const row of await runQuery(client, keepPlan ? preparedCatalog : wholeCatalog)) {
    if (row.schema !== null && schemas.has(row.schema)) continue;
    if (row.relation !== null && tables.has(row.relation)) continue;
    objects.push({ kind: row.kind, name: row.name, properties: row.properties });
  }
  return objects.sort(byKindAndName);
}

function byKindAndName(left: CatalogObject, right: CatalogObject): number {
  if (left.kind !== right.kind) return left.kind < right.kind ? -1 : 1;
  if (left.name === right.name) return 0;
  return left.name < right.name ? -1 : 1;
}
