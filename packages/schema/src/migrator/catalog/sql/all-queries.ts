import { changedInitialPrivileges, comments, defaultPrivileges, securityLabels } from "./annotations.ts";
import { eventTriggers, policies, publications, rules, triggers } from "./behaviour.ts";
import type { CatalogQuery } from "./catalog-row.ts";
import { constraints, indexes, statistics } from "./constraints.ts";
import { foreignServers } from "./foreign.ts";
import { languageObjects, operatorClasses, operatorFamilies, operators } from "./operators.ts";
import { columns, relations, sequences } from "./relations.ts";
import { routines } from "./routines.ts";
import { database, extensions, schemas } from "./schemas.ts";
import { textSearch } from "./text-search.ts";
import { collations, types } from "./types.ts";

/** Every query of the catalogue. */
export const allQueries: readonly CatalogQuery[] = [
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
