import { ClientError, type Database, type Queryable, type SqlFragment, sql } from "@mister-smith/client";
import { type MonitoringStorageChangesRow, monitoringStorageChangesRow } from "@mister-smith/schema";
import { z } from "zod";
import type { TableChurn } from "./table-churn.ts";
import type { VacuumAdvice } from "./vacuum-advice.ts";

const noRow = sql.type(z.object({}));
const change = sql.type(monitoringStorageChangesRow);

/** How long a change waits for its lock, which others then wait behind, in milliseconds. */
const lockTimeoutMs = 2_000;

/** The storage parameters that are changed here: nothing else may be named. */
const allowed: ReadonlySet<string> = new Set([
  "autovacuum_enabled",
  "autovacuum_vacuum_scale_factor",
  "autovacuum_vacuum_threshold",
  "autovacuum_vacuum_insert_scale_factor",
  "autovacuum_vacuum_insert_threshold",
  "fillfactor",
]);

/** The statements that set the parameters of a table. */
export function storageStatements({ schema, table, parameters }: Omit<VacuumAdvice, "reasons">) {
  const target = sql.identifier([schema, table]);
  const given = Object.entries(parameters).map(([name, value]) => [parameter(name), value] as const);
  const set = given.flatMap(([name, value]) =>
    value === null ? [] : [sql.fragment`${name} = ${sql.literalValue(value)}`],
  );
  const reset = given.flatMap(([name, value]) => (value === null ? [name] : []));
  return [
    ...(set.length === 0 ? [] : [noRow`ALTER TABLE ${target} SET (${sql.list(set)})`]),
    ...(reset.length === 0 ? [] : [noRow`ALTER TABLE ${target} RESET (${sql.list(reset)})`]),
  ];
}

function parameter(name: string): SqlFragment {
  if (!allowed.has(name))
    throw new ClientError(
      "INVALID_INPUT",
      `${JSON.stringify(name)} is no storage parameter that is changed here`,
      {
        hint: `Use one of ${[...allowed].join(", ")}.`,
      },
    );
  // A storage parameter is a word of the grammar, and takes no quotes around its prefix.
  return { ...sql.fragment``, sql: name };
}

/**
 * Sets the storage parameters of a table as advised, and records that with what they were: all or nothing. It waits two seconds at
 * most for its lock, which keeps off other such changes and vacuum, but neither reads nor writes.
 *
 * @throws DatabaseError when the role is not the table's owner, or the lock is held for longer
 */
export async function changeStorage(
  database: Pick<Database, "transaction">,
  churn: TableChurn,
  advice: VacuumAdvice,
): Promise<MonitoringStorageChangesRow> {
  const previous = Object.fromEntries(
    Object.keys(advice.parameters).map((name) => [name, churn.parameters[name] ?? null]),
  );
  const { parameters: _, schema, table, ...observed } = churn;
  return await database.transaction(async (tx) => {
    await alter(tx, advice);
    return await tx.one(change`
      INSERT INTO monitoring.storage_changes (schema_name, table_name, parameters, previous, reason, observed)
      VALUES (
        ${schema}, ${table}, ${sql.jsonb({ ...advice.parameters })}, ${sql.jsonb(previous)}, ${advice.reasons.join("; ")},
        ${sql.jsonb(observed)}
      )
      RETURNING *`);
  });
}

/**
 * Takes a change back: the parameters are again what they were before it. Where the table is gone, or has another name, there is
 * nothing to set, and the change counts as taken back.
 *
 * @returns the change; null where none of this identifier stands as the latest of its table
 * @throws DatabaseError when the role is not the table's owner, or the lock is held for longer
 */
export async function revertStorage(
  database: Pick<Database, "transaction">,
  changeId: string,
): Promise<MonitoringStorageChangesRow | null> {
  return await database.transaction(async (tx) => {
    const reverted = await tx.maybeOne(change`
      UPDATE monitoring.storage_changes AS c SET reverted_at = pg_catalog.clock_timestamp()
      WHERE c.change_id = ${changeId}::UUID AND c.reverted_at IS NULL
        -- What came later was made on top of it.
        AND NOT EXISTS (
          SELECT FROM monitoring.storage_changes AS l
          WHERE l.schema_name = c.schema_name AND l.table_name = c.table_name AND l.reverted_at IS NULL
            AND l.changed_at > c.changed_at
        )
      RETURNING c.*`);
    if (reverted === null) return null;
    const { schema_name: schema, table_name: table, previous } = reverted;
    const { isThere } = await tx.one(isThereOf(schema, table));
    if (isThere) await alter(tx, { schema, table, parameters: parametersOf.parse(previous) });
    return reverted;
  });
}

function isThereOf(schema: string, table: string) {
  return sql.type(z.object({ isThere: z.boolean() }))`
    SELECT EXISTS (
      SELECT FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = ${schema} AND c.relname = ${table}
    ) AS "isThere"`;
}

const parametersOf = z.record(z.string(), z.string().nullable());

async function alter(on: Queryable, advice: Omit<VacuumAdvice, "reasons">): Promise<void> {
  await on.query(noRow`SELECT pg_catalog.set_config('lock_timeout', ${`${lockTimeoutMs}ms`}, TRUE)`);
  for (const statement of storageStatements(advice)) await on.query(statement);
}

/** What was changed about tables, the latest first, at most so many. */
export async function storageChanges(
  on: Queryable,
  { limit, timeoutMs }: { readonly limit: number; readonly timeoutMs: number },
): Promise<readonly MonitoringStorageChangesRow[]> {
  return await on.any(
    change`SELECT c.* FROM monitoring.storage_changes AS c ORDER BY c.changed_at DESC, c.change_id LIMIT ${limit}`,
    { timeoutMs },
  );
}
