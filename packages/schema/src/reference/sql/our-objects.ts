import { createSqlTag } from "@slonik/sql-tag";

const sql = createSqlTag();

// Left out of the reference: what extensions brought, the tables of the migrator, and partitions, whose names hold
// dates and which are what their table is.

/** Condition on a schema `n`: one of ours. */
export const ourSchema = sql.fragment`
  n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/** Condition on an object's identifier: no extension brought it. */
export const notOfAnExtension = (oid: ReturnType<typeof sql.identifier>) => sql.fragment`
  NOT EXISTS (
    SELECT FROM pg_depend AS x
    WHERE x.objid = ${oid} AND x.deptype = 'e' AND x.refclassid = 'pg_extension'::REGCLASS
  )`;

/** Condition on a relation `c`: a table or view that the reference shows. */
export const ourRelation = sql.fragment`
  c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition AND c.relname !~ '^schema_migrations'
  AND ${notOfAnExtension(sql.identifier(["c", "oid"]))}`;
