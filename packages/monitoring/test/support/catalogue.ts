import type {
  Catalogue,
  CatalogueColumn,
  CatalogueIndex,
  CatalogueTable,
} from "../../src/advice/catalogue.ts";
import { canonical } from "../../src/advice/tree/canonical.ts";

/** A column of many different values, but for what is given. */
export function columnOf(name: string, differs: Partial<CatalogueColumn> = {}): CatalogueColumn {
  return {
    name,
    position: 1,
    isSortable: true,
    contains: null,
    isBoolean: false,
    distinct: 10_000,
    nullFraction: 0,
    commonest: null,
    width: 8,
    ...differs,
  };
}

/** A large table without indexes, but for what is given. */
export function tableOf(
  name: string,
  columns: readonly (string | CatalogueColumn)[],
  differs: Partial<CatalogueTable> = {},
): CatalogueTable {
  return {
    oid: name.length,
    schema: "public",
    name,
    isPartitioned: false,
    rows: 1_000_000,
    pages: 20_000,
    columns: columns.map((one) => (typeof one === "string" ? columnOf(one) : one)),
    indexes: [],
    counted: [],
    ...differs,
  };
}

/** A B-tree over columns, each ascending unless its name has a minus in front. */
export function indexOf(names: readonly string[], differs: Partial<CatalogueIndex> = {}): CatalogueIndex {
  return {
    name: `on_${names.join("_")}`,
    method: "btree",
    keys: names.map((given) => {
      const name = given.replace("-", "");
      return {
        canonical: canonical({ ColumnRef: { fields: [{ String: { sval: name } }] } }),
        sql: name,
        columns: [columnOf(name)],
        isColumn: true,
        isDescending: given.startsWith("-"),
        nullsFirst: given.startsWith("-"),
      };
    }),
    include: [],
    predicates: [],
    columns: names,
    isNeeded: false,
    isUnique: false,
    isValid: true,
    isOrdinary: true,
    ...differs,
  };
}

/** A catalogue of tables in the schema public. */
export function catalogueOf(...tables: readonly CatalogueTable[]): Catalogue {
  return { tables, searchPath: ["public"], immutable: new Set(["lower/1", "to_tsvector/2"]) };
}
