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
export { type RehearseOptions, rehearseMigrations } from "./migrator/rehearse/rehearse-migrations.ts";
export type {
  RehearsalOutcome,
  RehearsedFile,
  RehearsedStatement,
  RehearseResult,
  RelationLock,
  RewrittenRelation,
} from "./migrator/rehearse/rehearse-result.ts";
export type { TableFill } from "./migrator/verify/rows/fill-tables.ts";
export type { LostRows } from "./migrator/verify/rows/row-counts.ts";
export { scratchPrefix } from "./migrator/verify/scratch-database.ts";
export { type VerifyOptions, verifyMigrations } from "./migrator/verify/verify-migrations.ts";
export type {
  FileVerification,
  FileVerifiedEvent,
  VerifyFault,
  VerifyResult,
  VerifyStep,
  WholeWay,
} from "./migrator/verify/verify-result.ts";
export * from "./rows/index.ts";
