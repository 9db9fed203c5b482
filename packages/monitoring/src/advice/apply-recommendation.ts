import { ClientError, type Database, type Queryable, sql } from "@mister-smith/client";
import { monitoringIndexRecommendationsRow } from "@mister-smith/schema";
import type { IndexStmt } from "libpg-query";
import { z } from "zod";
import { type IndexState, indexParts, indexState } from "./index-parts.ts";
import {
  attachStatement,
  buildStatement,
  dropStatement,
  parentStatement,
  readDefinition,
} from "./index-statement.ts";
import { isDefinedAs } from "./is-defined-as.ts";
import { oneBuilder, refuseWhileBuilding } from "./one-builder.ts";
import { ownStatement } from "./own-statement.ts";
import { getRecommendation, type IndexRecommendation, refusalOf } from "./recommendations.ts";
import { statementsOnTable } from "./statements-on-table.ts";

/** How an index is built. */
export interface ApplyOptions {
  /**
   * How long a statement waits for a lock, and a concurrent one for older transactions, in milliseconds. A short one that needs
   * the table for itself waits a twelfth of that: others wait behind it. Default: 60,000.
   */
  readonly lockTimeoutMs?: number;
  /** Shows the statements and runs none. Default: false. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  /** Called before each statement. */
  readonly onStatement?: (statement: string) => void;
}

/** What was done of a recommendation. */
export interface AppliedRecommendation {
  readonly recommendation: IndexRecommendation;
  /** The statements that were run, or would be. */
  readonly statements: readonly string[];
}

const defaultLockTimeoutMs = 60_000;
const recommendation = sql.type(monitoringIndexRecommendationsRow);
const noRow = sql.type(z.object({}));

/**
 * Builds the index of a pending recommendation while its table is in use, of a partitioned one part by part, and notes what its
 * statements took until then, to hold later ones against. What an earlier try left behind is cleared away first, and
 * what this one leaves when it fails or is aborted is cleared away after, unless the same lock is in the way: then the next
 * try does it.
 *
 * @throws ClientError `NOT_FOUND`; `WRONG_STATUS` for one that is not pending, or
 *   was rejected while it was built, which takes it away again, or while somebody builds another one; `ALREADY_EXISTS` when something else has the name;
 *   `INVALID_INPUT` for a definition that is not of this index
 * @throws DatabaseError when it cannot be built, with SQLSTATE 55P03 when a lock was not granted in time
 */
export async function applyRecommendation(
  database: Pick<Database, "connect" | "write">,
  id: string,
  options: ApplyOptions = {},
): Promise<AppliedRecommendation> {
  const {
    lockTimeoutMs = defaultLockTimeoutMs,
    dryRun = false,
    signal,
    onStatement = () => undefined,
  } = options;
  const wanted = await getRecommendation(database.write, id);
  if (wanted?.status !== "pending") throw refusalOf(id, wanted, "pending");
  const forever = { timeoutMs: Number.POSITIVE_INFINITY, ...(signal === undefined ? {} : { signal }) };
  if (dryRun) {
    const statements = await database.connect(async (on) => await openStatements(on, wanted), forever);
    return { recommendation: wanted, statements };
  }
  return await oneBuilder(database, tableOf(wanted), async () => {
    const statements: string[] = [];
    try {
      await database.connect(async (on) => {
        // Each statement changes what is open: it is asked anew.
        for (
          let [next] = await openStatements(on, wanted);
          next !== undefined;
          [next] = await openStatements(on, wanted)
        ) {
          signal?.throwIfAborted();
          onStatement(next);
          await run(on, next, lockTimeoutMs, signal);
          statements.push(next);
        }
      }, forever);
    } catch (error) {
      // What held the one up may hold up the other; then the next try begins with it.
      await clearAway(database, wanted, lockTimeoutMs).catch(() => undefined);
      throw error;
    }
    const applied = await noteImplemented(database.write, wanted);
    if (applied !== null) return { recommendation: applied, statements };
    if (statements.length > 0)
      await database.connect(async (on) => await takeAway(on, wanted, options), forever);
    throw refusalOf(id, await getRecommendation(database.write, id), "pending");
  });
}

/** Notes that the index is there, with what its table's statements took until then; null for one that was rejected meanwhile. */
async function noteImplemented(
  on: Queryable,
  wanted: IndexRecommendation,
): Promise<IndexRecommendation | null> {
  const baseline = await statementsOnTable(on, wanted);
  return await on.maybeOne(recommendation`
    UPDATE monitoring.index_recommendations AS r
    SET
      status = 'implemented', implemented_at = pg_catalog.clock_timestamp(), decided_at = pg_catalog.clock_timestamp(),
      watched_statements = ${sql.jsonb(baseline)}
    WHERE r.recommendation_id = ${sql.uuid(wanted.recommendation_id)} AND r.status <> 'rejected'
    RETURNING r.*`);
}

const tableOf = ({ schema_name: schema, table_name: name }: IndexRecommendation) => ({ schema, name });

/**
 * Takes the index of an implemented recommendation away again, and turns the recommendation down: it is not given again.
 *
 * @throws ClientError `NOT_FOUND`, or `WRONG_STATUS` for one that is not implemented, or while somebody builds an index of its table
 */
export async function revertRecommendation(
  database: Pick<Database, "connect" | "write">,
  id: string,
  options: ApplyOptions = {},
): Promise<AppliedRecommendation> {
  const { dryRun = false, signal } = options;
  const found = await getRecommendation(database.write, id);
  if (found?.status !== "implemented") throw refusalOf(id, found, "implemented");
  const forever = { timeoutMs: Number.POSITIVE_INFINITY, ...(signal === undefined ? {} : { signal }) };
  const take = async () => await database.connect(async (on) => await takeAway(on, found, options), forever);
  if (dryRun) return { recommendation: found, statements: await take() };
  const statements = await oneBuilder(database, tableOf(found), take);
  const reverted = await noteReverted(database.write, found);
  return { recommendation: reverted, statements };
}

/** Drops the index where it is the one that was advised; what else has its name stays. Returns what was run, or would be. */
async function takeAway(
  on: Queryable,
  wanted: IndexRecommendation,
  { lockTimeoutMs = defaultLockTimeoutMs, dryRun = false, signal, onStatement }: ApplyOptions,
): Promise<readonly string[]> {
  const { schema_name: schema, index_name: index } = wanted;
  const state = await stateOf(on, wanted, await readDefinition(wanted));
  if (state === null || (state.state !== "valid" && state.state !== "invalid")) return [];
  const drop = dropStatement(schema, index, state.isPartitioned);
  if (dryRun) return [drop];
  onStatement?.(drop);
  await run(on, drop, lockTimeoutMs, signal);
  return [drop];
}

/** How far the index is built; one of the same name that is defined in another way is another one. */
async function stateOf(
  on: Queryable,
  wanted: IndexRecommendation,
  definition: IndexStmt,
): Promise<IndexState | null> {
  const { schema_name: schema, table_name: table, index_name: index } = wanted;
  const state = await indexState(on, schema, table, index);
  const isThere = state !== null && (state.state === "valid" || state.state === "invalid");
  if (!isThere || (await isDefinedAs(on, definition, tableOf(wanted), index))) return state;
  return { ...state, state: "of another" };
}

/** It was turned down by what came of it: the same index is not advised again. */
async function noteReverted(on: Queryable, { recommendation_id: id, definition }: IndexRecommendation) {
  // It may have been advised anew since, when somebody took it away by hand.
  await on.query(noRow`
    UPDATE monitoring.index_recommendations AS r
    SET status = 'obsolete', decided_at = pg_catalog.clock_timestamp(), decision_reason = 'it was built before, and reverted'
    WHERE r.status = 'pending' AND r.definition = ${definition}`);
  return await on.one(recommendation`
    UPDATE monitoring.index_recommendations AS r
    SET
      status = CASE
        WHEN EXISTS (
          SELECT FROM monitoring.index_recommendations AS o
          WHERE o.status = 'rejected' AND o.definition = r.definition
        ) THEN 'obsolete'
        ELSE 'rejected'
      END,
      implemented_at = NULL, decided_at = pg_catalog.clock_timestamp(), decision_reason = 'it was built, and reverted'
    WHERE r.recommendation_id = ${sql.uuid(id)}
    RETURNING r.*`);
}

/** What is still to be run, from how things stand. */
async function openStatements(on: Queryable, wanted: IndexRecommendation): Promise<readonly string[]> {
  const { schema_name: schema, table_name: table, index_name: index } = wanted;
  const definition = await readDefinition(wanted);
  const state = await stateOf(on, wanted, definition);
  if (state === null)
    throw new ClientError("NOT_FOUND", `there is no table ${schema}.${table}`, {
      hint: "Reject the recommendation: `smith index reject`.",
    });
  if (state.state === "of another")
    throw new ClientError("ALREADY_EXISTS", `${schema}.${index} is something else`, {
      hint: "Rename that, or reject the recommendation: `smith index reject`.",
    });
  if (state.state === "valid") return [];
  await refuseWhileBuilding(on, tableOf(wanted));
  if (!state.isPartitioned) {
    const build = buildStatement(definition, { schema, name: table }, index);
    return state.state === "invalid" ? [dropStatement(schema, index), build] : [build];
  }
  const parts = await indexParts(on, schema, table, index);
  const deep = parts.find(({ isPartitioned }) => isPartitioned);
  if (deep !== undefined)
    throw new ClientError("INVALID_INPUT", `${deep.schema}.${deep.name} has partitions itself`, {
      hint: "Build the index of such a table by hand, from its leaves up.",
    });
  return [
    ...(state.state === "absent" ? [await parentStatement(definition)] : []),
    ...parts.flatMap((part) => {
      if (part.state === "attached") return [];
      const build = buildStatement(definition, part, part.index);
      return [
        ...(part.state === "invalid" ? [dropStatement(part.schema, part.index)] : []),
        ...(part.state === "valid" ? [] : [build]),
        attachStatement(schema, index, part, part.index),
      ];
    }),
  ];
}

async function run(
  on: Queryable,
  statement: string,
  lockTimeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const isConcurrent = / CONCURRENTLY /.test(statement);
  const timeout = `${isConcurrent ? lockTimeoutMs : Math.ceil(lockTimeoutMs / 12)}ms`;
  await on.query(noRow`SELECT pg_catalog.set_config('lock_timeout', ${timeout}, FALSE)`);
  // Building takes as long as it takes.
  await on.query(noRow`SELECT pg_catalog.set_config('statement_timeout', '0', FALSE)`);
  await on.query(ownStatement(statement), {
    timeoutMs: Number.POSITIVE_INFINITY,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** An index whose building failed is paid for by every write and used by none. Of a partitioned table what is whole stays. */
async function clearAway(
  database: Pick<Database, "connect">,
  wanted: IndexRecommendation,
  lockTimeoutMs: number,
): Promise<void> {
  const { schema_name: schema, table_name: table, index_name: index } = wanted;
  await database.connect(async (on) => {
    const state = await stateOf(on, wanted, await readDefinition(wanted));
    if (state === null) return;
    await refuseWhileBuilding(on, tableOf(wanted));
    const left = state.isPartitioned
      ? (await indexParts(on, schema, table, index)).filter((part) => part.state === "invalid")
      : state.state === "invalid"
        ? [{ schema, index }]
        : [];
    for (const one of left) await run(on, dropStatement(one.schema, one.index), lockTimeoutMs, undefined);
  });
}
