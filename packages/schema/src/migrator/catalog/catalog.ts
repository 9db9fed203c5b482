import type { z } from "zod";
import type { catalogRow } from "./sql/catalog-row.ts";

/** One object of a database: what it is, its name, and everything about it that can be altered. */
export type CatalogObject = Readonly<Pick<z.infer<typeof catalogRow>, "kind" | "name" | "properties">>;

/** A snapshot of what a database defines, by names alone, sorted; two equal databases give equal snapshots. */
export type Catalog = readonly CatalogObject[];
