import type { ClientBase } from "pg";
import { z } from "zod";
import { type CatalogQuery, catalogRow } from "./sql/catalog-row.ts";

const catalogRows = z.array(catalogRow);

/** Runs one query of the catalogue; its plan is kept on the connection, for it will be asked again. */
export async function runCatalogQuery(
  client: ClientBase,
  name: string,
  query: CatalogQuery,
): Promise<z.infer<typeof catalogRows>> {
  const result = await client.query({
    name: `smith_catalog_${name}`,
    text: query.sql.replaceAll("$slonik_", "$"),
    values: [...query.values],
  });
  return catalogRows.parse(result.rows);
}
