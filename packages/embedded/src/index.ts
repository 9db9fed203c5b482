export type { EmbeddedPostgres } from "./postgres/embedded-postgres.ts";
export {
  type FindPostgresOptions,
  findPostgres,
  listPostgres,
  oldestPostgresMajor,
} from "./postgres/find-postgres.ts";
export type { FoundPostgres } from "./postgres/found-postgres.ts";
export { startPostgres } from "./postgres/start-postgres.ts";
export type {
  Durability,
  PostgresSetting,
  StartPostgresOptions,
  WalArchiving,
} from "./postgres/start-postgres-options.ts";
export type { ServerLifetime } from "./server-host.ts";
export type { ServerOrigin, ServerVersion } from "./server-version.ts";
