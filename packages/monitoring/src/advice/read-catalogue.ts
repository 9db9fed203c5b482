import { type Queryable, type QueryOptions, sql } from "@mister-smith/client";
import { parse } from "libpg-query";
import { z } from "zod";
import type { Catalogue, CatalogueColumn, CatalogueIndex, CatalogueTable, OrderedKey } from "./catalogue.ts";
import type { CostSettings } from "./cost-settings.ts";
import { canonical } from "./tree/canonical.ts";
import type { TableName } from "./tree/named-tables.ts";

const number = z.coerce.number();
const column = z.object({
  name: z.string(),
  position: z.int(),
  isSortable: z.boolean(),
  contains: z.enum(["jsonb", "array", "tsvector"]).nullable(),
  isBoolean: z.boolean(),
  /** As pg_stats has it: of the rows where it is negative. */
  distinct: z.number().nullable(),
  nullFraction: z.number().nullable(),
  commonest: z.number().nullable(),
  width: z.number().nullable(),
});
const index = z.object({
  name: z.string(),
  method: z.string(),
  keys: z.array(z.object({ text: z.string(), option: z.int() })),
  include: z.array(z.string()),
  predicate: z.string().nullable(),
  columns: z.array(z.string()),
  isNeeded: z.boolean(),
  isUnique: z.boolean(),
  isValid: z.boolean(),
  isOrdinary: z.boolean(),
});
const part = z.object({
  name: z.string(),
  inserted: z.number(),
  updated: z.number(),
  updatedHot: z.number(),
  deleted: z.number(),
  sinceAnalyze: z.number(),
  analyzedAt: z.number().nullable(),
});
const table = z.object({
  oid: number,
  schema: z.string(),
  name: z.string(),
  isPartitioned: z.boolean(),
  rows: number,
  pages: number,
  columns: z.array(column),
  indexes: z.array(index),
  parts: z.array(part),
});

/** What advice must know of a database. */
export interface KnownDatabase {
  readonly catalogue: Catalogue;
  readonly settings: CostSettings;
  readonly rootOf: ReadonlyMap<string, number>;
  /** The schema of the extension hypopg; null where it is not in the database. */
  readonly hypopgSchema: string | null;
}

/**
 * Reads the tables of users with their columns, their statistics and their indexes. What the role may not see of the
 * statistics is taken for unknown.
 *
 * @param named only tables that may be meant by one of these names; without it all
 */
export async function readCatalogue(
  on: Queryable,
  options: QueryOptions,
  named?: readonly TableName[],
): Promise<KnownDatabase> {
  const rows = await on.any(selectTables(named), options);
  const facts = await on.one(selectFacts, options);
  const functions = await on.anyFirst(selectImmutable, options);
  const tables = await Promise.all(rows.map(tableOf));
  return {
    catalogue: { tables, searchPath: facts.searchPath, immutable: new Set(functions) },
    settings: facts,
    rootOf: new Map(rows.flatMap(({ oid, parts }) => parts.map(({ name }) => [name, oid] as const))),
    hypopgSchema: facts.hypopgSchema,
  };
}

async function tableOf({ columns, indexes, parts, ...row }: z.output<typeof table>): Promise<CatalogueTable> {
  const known = columns.map(
    ({ distinct, ...one }): CatalogueColumn => ({
      ...one,
      distinct: distinct === null ? null : distinct < 0 ? -distinct * row.rows : distinct,
    }),
  );
  return {
    ...row,
    counted: parts,
    columns: known,
    indexes: await Promise.all(indexes.map((one) => indexOf(one, known))),
  };
}

async function indexOf(
  { keys, predicate, ...row }: z.output<typeof index>,
  columns: readonly CatalogueColumn[],
): Promise<CatalogueIndex> {
  return {
    ...row,
    keys: await Promise.all(keys.map(({ text, option }) => keyOf(text, option, columns))),
    predicates: predicate === null ? [] : await conditionsOf(predicate),
  };
}

async function keyOf(text: string, option: number, columns: readonly CatalogueColumn[]): Promise<OrderedKey> {
  const node = await expressionOf(text);
  const isColumn = node !== null && "ColumnRef" in node;
  const found = columns.filter(
    ({ name }) =>
      canonical({ ColumnRef: { fields: [{ String: { sval: name } }] } }) === (node && canonical(node)),
  );
  return {
    canonical: node === null ? text : canonical(node),
    sql: text,
    columns: found,
    isColumn,
    isDescending: (option & 1) !== 0,
    nullsFirst: (option & 2) !== 0,
  };
}

// The server writes expressions of its own catalogue in its own grammar: they always parse.
async function expressionOf(text: string) {
  const { stmts } = await parse(`SELECT ${text}`);
  const select = stmts?.[0]?.stmt;
  const target =
    select !== undefined && "SelectStmt" in select ? select.SelectStmt.targetList?.[0] : undefined;
  return target !== undefined && "ResTarget" in target ? (target.ResTarget.val ?? null) : null;
}

async function conditionsOf(text: string): Promise<readonly string[]> {
  const node = await expressionOf(text);
  if (node === null) return [text];
  const isAll = "BoolExpr" in node && node.BoolExpr.boolop === "AND_EXPR";
  return isAll ? (node.BoolExpr.args ?? []).map(canonical) : [canonical(node)];
}

// Of a database with very many tables only a few are asked for: what is read of each is much.
const isNamed = (named: readonly TableName[]) => sql.fragment`
  EXISTS (
    SELECT
    FROM ROWS FROM (
      pg_catalog.unnest(${sql.array(
        named.map(({ schema }) => schema),
        "text",
      )}),
      pg_catalog.unnest(${sql.array(
        named.map(({ name }) => name),
        "text",
      )})
    ) AS w (schema, name)
    WHERE w.name = c.relname
      AND CASE
        WHEN w.schema IS NULL THEN n.nspname = ANY (pg_catalog.current_schemas(FALSE))
        ELSE w.schema = n.nspname
      END
  )`;

const selectTables = (named?: readonly TableName[]) => sql.type(table)`
  WITH whole AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND c.relpersistence <> 't'
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_toast%'
      AND ${named === undefined ? sql.fragment`TRUE` : isNamed(named)}
  ),
  part AS (
    SELECT w.oid AS whole, c.oid, c.relname, c.reltuples, c.relpages, c.relkind
    FROM whole AS w
    CROSS JOIN LATERAL (
      SELECT w.oid AS relid
      UNION
      SELECT t.relid FROM pg_catalog.pg_partition_tree(w.oid) AS t WHERE w.relkind = 'p'
    ) AS t
    JOIN pg_catalog.pg_class AS c ON c.oid = t.relid
  ),
  sums AS (
    SELECT
      p.whole, pg_catalog.sum(GREATEST(p.reltuples, 0)) FILTER (WHERE p.relkind <> 'p') AS rows,
      pg_catalog.sum(p.relpages) FILTER (WHERE p.relkind <> 'p') AS pages,
      pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'name', p.relname, 'inserted', COALESCE(s.n_tup_ins, 0), 'updated', COALESCE(s.n_tup_upd, 0),
        'updatedHot', COALESCE(s.n_tup_hot_upd, 0), 'deleted', COALESCE(s.n_tup_del, 0),
        'sinceAnalyze', COALESCE(s.n_mod_since_analyze, 0),
        'analyzedAt', EXTRACT(epoch FROM GREATEST(s.last_analyze, s.last_autoanalyze))
      ) ORDER BY p.relname, p.oid) AS parts
    FROM part AS p
    LEFT JOIN pg_catalog.pg_stat_user_tables AS s ON s.relid = p.oid
    GROUP BY p.whole
  )
  SELECT
    w.oid::TEXT AS oid, w.nspname AS schema, w.relname AS name, w.relkind = 'p' AS "isPartitioned",
    COALESCE(s.rows, 0)::TEXT AS rows, COALESCE(s.pages, 0)::TEXT AS pages,
    s.parts AS parts,
    (
      SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'name', a.attname, 'position', a.attnum,
        'isSortable',
          b.typtype IN ('e', 'r', 'm') OR (b.typcategory = 'A' AND b.typelem <> 0)
          OR b.oid IN ('varchar'::REGTYPE, 'cidr'::REGTYPE)
          OR (b.typname <> 'jsonb' AND EXISTS (
            SELECT FROM pg_catalog.pg_opclass AS o
            JOIN pg_catalog.pg_am AS m ON m.oid = o.opcmethod AND m.amname = 'btree'
            WHERE o.opcintype = b.oid AND o.opcdefault
          )),
        'contains', CASE
          WHEN b.oid = 'jsonb'::REGTYPE THEN 'jsonb'
          WHEN b.oid = 'tsvector'::REGTYPE THEN 'tsvector'
          WHEN b.typcategory = 'A' AND b.typelem <> 0 THEN 'array'
        END,
        'isBoolean', b.oid = 'boolean'::REGTYPE,
        'distinct', t.n_distinct, 'nullFraction', t.null_frac,
        'commonest', t.most_common_freqs[1], 'width', t.avg_width
      ) ORDER BY a.attnum), '[]')
      FROM pg_catalog.pg_attribute AS a
      JOIN pg_catalog.pg_type AS d ON d.oid = a.atttypid
      JOIN pg_catalog.pg_type AS b ON b.oid = COALESCE(NULLIF(d.typbasetype, 0), d.oid)
      LEFT JOIN LATERAL (
        SELECT t.* FROM pg_catalog.pg_stats AS t
        WHERE t.schemaname = w.nspname AND t.tablename = w.relname AND t.attname = a.attname
        ORDER BY t.inherited DESC
        LIMIT 1
      ) AS t ON TRUE
      WHERE a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS columns,
    (
      SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'name', c.relname, 'method', m.amname,
        'keys', (
          SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'text', pg_catalog.pg_get_indexdef(i.indexrelid, k.place, TRUE), 'option', i.indoption[k.place - 1]
          ) ORDER BY k.place)
          FROM pg_catalog.generate_series(1, i.indnkeyatts::INTEGER) AS k (place)
        ),
        'include', (
          SELECT COALESCE(pg_catalog.jsonb_agg(a.attname ORDER BY k.place), '[]')
          FROM pg_catalog.generate_series(i.indnkeyatts::INTEGER + 1, i.indnatts::INTEGER) AS k (place)
          JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.place - 1]
        ),
        'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid, TRUE),
        'columns', (
          SELECT COALESCE(pg_catalog.jsonb_agg(DISTINCT a.attname), '[]')
          FROM pg_catalog.pg_depend AS d
          JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
          WHERE d.classid = 'pg_class'::REGCLASS AND d.objid = i.indexrelid
            AND d.refclassid = 'pg_class'::REGCLASS AND d.refobjid = i.indrelid
        ),
        'isNeeded', i.indisunique OR i.indisexclusion OR i.indisreplident OR i.indisclustered,
        'isUnique', i.indisunique, 'isValid', i.indisvalid AND i.indisready,
        'isOrdinary', NOT EXISTS (
          SELECT FROM pg_catalog.pg_opclass AS o
          WHERE o.oid = ANY (i.indclass) AND NOT o.opcdefault AND o.opcname NOT IN ('text_ops', 'varchar_ops')
        ) AND NOT EXISTS (
          SELECT FROM pg_catalog.generate_series(1, i.indnkeyatts::INTEGER) AS k (place)
          JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.place - 1]
          WHERE a.attcollation <> i.indcollation[k.place - 1] AND i.indcollation[k.place - 1] <> 0
        )
      ) ORDER BY c.relname), '[]')
      FROM pg_catalog.pg_index AS i
      JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
      JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
      WHERE i.indrelid = w.oid AND i.indislive
    ) AS indexes
  FROM whole AS w
  JOIN sums AS s ON s.whole = w.oid
  ORDER BY w.nspname, w.relname`;

const selectFacts = sql.type(
  z.object({
    searchPath: z.array(z.string()),
    hypopgSchema: z.string().nullable(),
    randomPage: z.number(),
    seqPage: z.number(),
    cpuTuple: z.number(),
    cpuIndexTuple: z.number(),
    cpuOperator: z.number(),
  }),
)`
  SELECT
    pg_catalog.current_schemas(FALSE)::TEXT[] AS "searchPath",
    (
      SELECT n.nspname::TEXT
      FROM pg_catalog.pg_extension AS e
      JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
      WHERE e.extname = 'hypopg' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
    ) AS "hypopgSchema",
    pg_catalog.current_setting('random_page_cost')::FLOAT8 AS "randomPage",
    pg_catalog.current_setting('seq_page_cost')::FLOAT8 AS "seqPage",
    pg_catalog.current_setting('cpu_tuple_cost')::FLOAT8 AS "cpuTuple",
    pg_catalog.current_setting('cpu_index_tuple_cost')::FLOAT8 AS "cpuIndexTuple",
    pg_catalog.current_setting('cpu_operator_cost')::FLOAT8 AS "cpuOperator"`;

// One name may be that of many functions: all of them must be immutable.
const selectImmutable = sql.type(z.object({ name: z.string() }))`
  SELECT p.proname || '/' || p.pronargs AS name
  FROM pg_catalog.pg_proc AS p
  WHERE p.prokind = 'f'
  GROUP BY p.proname, p.pronargs
  HAVING pg_catalog.bool_and(p.provolatile = 'i')`;
