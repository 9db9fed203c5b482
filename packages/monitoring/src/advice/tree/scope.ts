import type { ColumnRef } from "libpg-query";
import type { ContainedKey, EqualKey } from "../access.ts";
import type { CatalogueColumn, CatalogueTable, IndexKey, IndexPredicate, OrderedKey } from "../catalogue.ts";
import { stringValues } from "./string-values.ts";

/** A table, or something like one, in a FROM; of a table what is found out of it. */
export interface Relation {
  readonly alias: string;
  /** Null for what is no table of the catalogue: a subquery, a function, a WITH. */
  readonly table: CatalogueTable | null;
  readonly equal: Map<string, EqualKey>;
  readonly range: Map<string, IndexKey>;
  readonly contained: Map<string, ContainedKey>;
  readonly predicates: Map<string, IndexPredicate>;
  readonly order: OrderedKey[];
  used: Set<string> | null;
}

/** What names mean in one query, and in those around it. */
export interface Scope {
  readonly relations: Relation[];
  readonly parent: Scope | null;
  /** The names that WITH gave, which hide tables. */
  readonly hidden: ReadonlySet<string>;
}

/** A column of a relation. */
export interface FoundColumn {
  readonly relation: Relation;
  readonly column: CatalogueColumn;
}

/** A relation of which nothing is found out yet. */
export function newRelation(alias: string, table: CatalogueTable | null): Relation {
  return {
    alias,
    table,
    equal: new Map(),
    range: new Map(),
    contained: new Map(),
    predicates: new Map(),
    order: [],
    used: new Set(),
  };
}

/** The relation that a qualified name means, from the inner query outwards; null for none. */
export function relationNamed(scope: Scope | null, alias: string): Relation | null {
  if (scope === null) return null;
  return scope.relations.find((one) => one.alias === alias) ?? relationNamed(scope.parent, alias);
}

/** The column that a name means; null for one that is no table's, or for a whole row. */
export function findColumn(scope: Scope | null, { fields }: ColumnRef): FoundColumn | null {
  const names = stringValues(fields);
  const name = names.at(-1);
  if (scope === null || name === undefined || names.length !== fields?.length) return null;
  if (names.length === 1) return bareColumn(scope, name);
  const alias = names.at(-2);
  return alias === undefined ? null : columnOf(relationNamed(scope, alias), name);
}

function bareColumn(scope: Scope, name: string): FoundColumn | null {
  for (const relation of scope.relations) {
    const found = columnOf(relation, name);
    if (found !== null) return found;
  }
  return scope.parent === null ? null : bareColumn(scope.parent, name);
}

function columnOf(relation: Relation | null, name: string): FoundColumn | null {
  const column = relation?.table?.columns.find((one) => one.name === name);
  return relation === null || column === undefined ? null : { relation, column };
}
