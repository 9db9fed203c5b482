import { command } from "../../sql/slonik.ts";
import { changedInitialPrivileges, comments, defaultPrivileges, securityLabels } from "./annotations.ts";
import { eventTriggers, policies, publications, rules, triggers } from "./behaviour.ts";
import { type CatalogQuery, catalogRow, sql } from "./catalog-row.ts";
import { constraints, indexes, statistics } from "./constraints.ts";
import { foreignServers } from "./foreign.ts";
import { languageObjects, operatorClasses, operatorFamilies, operators } from "./operators.ts";
import { columns, relations, sequences } from "./relations.ts";
import { routines } from "./routines.ts";
import { database, extensions, schemas } from "./schemas.ts";
import { textSearch } from "./text-search.ts";
import { collations, types } from "./types.ts";

const parts: readonly CatalogQuery[] = [
  database,
  schemas,
  extensions,
  types,
  collations,
  relations,
  columns,
  sequences,
  constraints,
  indexes,
  statistics,
  routines,
  triggers,
  eventTriggers,
  rules,
  policies,
  publications,
  operators,
  operatorClasses,
  operatorFamilies,
  languageObjects,
  textSearch,
  foreignServers,
  comments,
  securityLabels,
  defaultPrivileges,
  changedInitialPrivileges,
];

/** The whole catalogue in one query: it is read often, and each round trip costs more than most of its parts. */
export const wholeCatalog: CatalogQuery = sql.type(catalogRow)`
  ${sql.join(
    parts.map((part) => sql.fragment`(${part})`),
    sql.fragment` UNION ALL `,
  )}`;

/** Prepares {@link wholeCatalog} for the session: to parse and plan it takes as long as to run it. */
export const prepareCatalog = command`PREPARE smith_catalog AS ${wholeCatalog}`;

/** Runs what {@link prepareCatalog} has prepared. */
export const preparedCatalog: CatalogQuery = sql.type(catalogRow)`EXECUTE smith_catalog`;
