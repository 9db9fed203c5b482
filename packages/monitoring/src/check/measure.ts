import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import type { Snapshot } from "../collect/snapshot.ts";
import { connectionsOf } from "../questions/connections-of.ts";
import { oldestTransactions } from "../questions/oldest-transactions.ts";
import { statementTimes } from "../questions/statement-times.ts";
import { type PartValue, partsOf, restOf } from "../scopes/part-values.ts";
import type { Scope, Scoped } from "../scopes/scope.ts";
import type { Earlier } from "./history.ts";
import { type MeasuredValue, measuredValue } from "./measured-values.ts";
import type { SlowestStatements, StatementWindow } from "./statement-window.ts";

/** Runs a question. */
export type Ask = <Result>(work: (on: Queryable) => Promise<Result>) => Promise<Result>;

/** What a value is taken from. */
export interface Measuring {
  /** Asks the server, each time by itself: where one question fails, the next one does not. */
  readonly ask: Ask;
  readonly now: Snapshot;
  readonly earlier: Earlier;
  /** What statements did lately, and when this is, by a clock that is never put back, in milliseconds. */
  readonly statements: StatementWindow;
  readonly atMs: number;
  /** The database that is asked. */
  readonly database: string;
  readonly timeoutMs: number;
  /** The databases and roles that have thresholds of their own for the metric, switched on or off. */
  readonly overrides: readonly Scoped[];
}

const noStatements = "statements are not recorded: add pg_stat_statements";
const exists = sql.type(z.object({ found: z.boolean() }));

/**
 * The value of a metric as a whole, without those that have thresholds of their own, or of one database or role.
 *
 * @throws DatabaseError or ClientError when it fails
 */
export async function measure(
  metric: string,
  { scope, scopeName }: Scoped,
  measuring: Measuring,
): Promise<MeasuredValue> {
  if (scope === "") return await measureWhole(metric, measuring);
  const { ask, now, earlier, timeoutMs } = measuring;
  if (!(await ask((on) => isThere(on, scope, scopeName, timeoutMs))))
    return { noData: `there is no ${scope} ${scopeName}` };
  switch (metric) {
    case "connection_pool_usage_percent": {
      const found = await ask((on) => connectionsOf(on, scope, scopeName, timeoutMs));
      if (found === null || found.available <= 0) return { noData: `the ${scope} may have no connections` };
      return { value: (found.used * 100) / found.available };
    }
    case "long_running_transactions_minutes":
      return longest(await ask((on) => oldestTransactions(on, timeoutMs)), (values) =>
        partsOf(values, { scope, scopeName }),
      );
    case "query_execution_time_ms":
      return slowest(await slowestStatements(measuring), (values) => partsOf(values, { scope, scopeName }));
    default:
      return scope === "database"
        ? measuredValue(metric, now, earlier, scopeName)
        : { noData: "it is not measured by role" };
  }
}

async function measureWhole(metric: string, measuring: Measuring): Promise<MeasuredValue> {
  const { ask, now, earlier, database, timeoutMs, overrides } = measuring;
  if (metric === "query_execution_time_ms") {
    const isHere = (value: PartValue) => value.database === database;
    return slowest(await slowestStatements(measuring), (values) => restOf(values, overrides).filter(isHere));
  }
  if (metric === "long_running_transactions_minutes" && overrides.length > 0)
    return longest(await ask((on) => oldestTransactions(on, timeoutMs)), (values) =>
      restOf(values, overrides),
    );
  return measuredValue(metric, now, earlier, database);
}

type Choose = (values: readonly PartValue[]) => readonly PartValue[];

function longest(values: readonly PartValue[] | null, choose: Choose): MeasuredValue {
  if (values === null) return { noData: "the role may not see it: GRANT pg_monitor" };
  return { value: Math.max(0, ...choose(values).map(({ value }) => value)) };
}

async function slowestStatements({ ask, statements, atMs, timeoutMs }: Measuring) {
  return await statements.slowest(() => ask((on) => statementTimes(on, timeoutMs)), atMs);
}

function slowest(found: SlowestStatements | null, choose: Choose): MeasuredValue {
  if (found === null) return { noData: noStatements, absence: "absent" };
  const chosen = choose(found.values);
  if (chosen.length === 0 && found.isFromStart)
    return { noData: "no statement was recorded", absence: "absent" };
  // Where none was executed lately, none is slow.
  return { value: Math.max(0, ...chosen.map(({ value }) => value)) };
}

async function isThere(on: Queryable, scope: Scope, name: string, timeoutMs: number): Promise<boolean> {
  return await on.oneFirst(
    scope === "role"
      ? exists`SELECT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = ${name}) AS found`
      : exists`SELECT EXISTS (SELECT FROM pg_catalog.pg_database AS d WHERE d.datname = ${name}) AS found`,
    { timeoutMs },
  );
}
