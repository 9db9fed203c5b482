import { z } from "zod";
import { sql } from "../../sql/slonik.ts";

const relationShape = z.object({
  oid: z.number(),
  name: z.string(),
  kind: z.enum(["table", "index", "materialized view", "other"]),
  /** Another one means that the relation was written anew. 0 where it has no file. */
  file: z.number(),
  bytes: z.coerce.number(),
});

/** A relation of the database as it stands at one moment. */
export type RelationState = z.output<typeof relationShape>;

/** All relations outside of the server's own schemas. */
export const selectRelations = sql.type(relationShape)`
  SELECT c.oid::int8::float8 AS oid,
    format('%I.%I', n.nspname, c.relname) AS name,
    CASE WHEN c.relkind IN ('r', 'p', 'f') THEN 'table' WHEN c.relkind IN ('i', 'I') THEN 'index'
      WHEN c.relkind = 'm' THEN 'materialized view' ELSE 'other' END AS kind,
    c.relfilenode::int8::float8 AS file,
    c.relpages::int8 * current_setting('block_size')::int8 AS bytes
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind <> 'c'
`;

const lockShape = z.object({ oid: z.number(), mode: z.string() });

/** The locks on relations that this session holds. */
export const selectOwnLocks = sql.type(lockShape)`
  SELECT l.relation::int8::float8 AS oid, l.mode
  FROM pg_locks AS l
  WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted
    AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
`;

/** Sets how long a statement may run within this transaction. */
export const limitStatement = (milliseconds: number) =>
  sql.type(
    z.object({ value: z.string() }),
  )`SELECT set_config('statement_timeout', ${String(milliseconds)}, TRUE) AS value`;

/** Constraints that wait for the commit, which a rehearsal never reaches. */
export const selectDeferred = sql.type(z.object({ schema: z.string(), name: z.string() }))`
  SELECT DISTINCT n.nspname::text AS schema, k.conname::text AS name
  FROM pg_constraint AS k JOIN pg_namespace AS n ON n.oid = k.connamespace
  WHERE k.condeferred AND n.nspname !~ '^pg_'
`;

/** Lets constraints wait for the commit again. */
export const deferAgain = (
  constraints: readonly { readonly schema: string; readonly name: string }[],
) => sql.type(z.object({}))`
  SET CONSTRAINTS ${sql.join(
    constraints.map(({ schema, name }) => sql.identifier([schema, name])),
    sql.fragment`, `,
  )} DEFERRED
`;
