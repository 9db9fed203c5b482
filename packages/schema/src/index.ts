export type { Catalog, CatalogObject } from "./migrator/catalog/catalog.ts";
export {
  type CatalogDifference,
  type CatalogValue,
  compareCatalogs,
} from "./migrator/catalog/compare-catalogs.ts";
export { describeDifference } from "./migrator/catalog/describe-difference.ts";
export { type ReadCatalogOptions, readCatalog } from "./migrator/catalog/read-catalog.ts";
export * from "./migrator/index.ts";
export type { LintFinding, LintSeverity } from "./migrator/lint/lint-finding.ts";
export {
  type LintConfig,
  type LintOptions,
  type LintResult,
  lintMigrations,
} from "./migrator/lint/lint-migrations.ts";
export type { AcceptedFinding } from "./migrator/lint/lint-outcome.ts";
export * from "./rows/index.ts";
