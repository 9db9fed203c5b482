import { DatabaseError, SmithError } from "@mister-smith/errors";
import type { CommonQueryMethods } from "slonik";
import type { Context } from "../context.ts";
import { cancelOnAbort } from "../database/cancel-on-abort.ts";
import { advisedError, withPool } from "../database/with-pool.ts";
import {
  type Maintained,
  type ManagedTable,
  maintainTable,
  maintainTableRetaining,
  selectManagedTables,
} from "../sql/partitions.ts";

/** How the upkeep is to run. */
export interface MaintainOptions {
  /** Days to keep in every table. Default: what partitions.settings says. */
  readonly retainDays?: number | undefined;
  /** Rolls everything back. */
  readonly dryRun: boolean;
  /** Told which table comes next. */
  readonly onTable: (name: string) => void;
}

/** What was done to a table. */
export interface MaintainedTable extends Maintained {
  readonly table: string;
}

/** A table that is as it was, and why. */
export interface FailedTable {
  readonly table: string;
  readonly error: DatabaseError;
}

/**
 * Looks after every table of partitions.settings, each in a transaction of its own. What the server refuses for one
 * table is told in its place, and the others are looked after all the same.
 */
export async function maintainPartitions(
  context: Context,
  options: MaintainOptions,
): Promise<(MaintainedTable | FailedTable)[]> {
  return await withPool(context, "look after the partitions", (pool) =>
    cancelOnAbort(pool, context.signal, async (connection) => {
      const done: (MaintainedTable | FailedTable)[] = [];
      for (const managed of await connection.any(selectManagedTables)) {
        context.signal.throwIfAborted();
        options.onTable(managed.table_name);
        done.push(await maintainOne(connection, managed, options, context.signal));
      }
      return done;
    }),
  );
}

async function maintainOne(
  connection: CommonQueryMethods,
  managed: ManagedTable,
  options: MaintainOptions,
  signal: AbortSignal,
): Promise<MaintainedTable | FailedTable> {
  const table = managed.table_name;
  try {
    return { table, ...(await (options.dryRun ? rehearse : maintain)(connection, managed, options)) };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = advisedError(thrown, `look after the partitions of ${table}`);
    if (error instanceof DatabaseError && isOfOneTable(error)) return { table, error };
    throw error;
  }
}

// Without a server there is no use in going on.
function isOfOneTable({ sqlState, errorClass }: DatabaseError): boolean {
  return sqlState !== undefined && errorClass !== "connection" && errorClass !== "unavailable";
}

async function maintain(
  connection: CommonQueryMethods,
  managed: ManagedTable,
  { retainDays }: MaintainOptions,
): Promise<Maintained> {
  return await connection.one(
    retainDays === undefined ? maintainTable(managed) : maintainTableRetaining(managed, retainDays),
  );
}

async function rehearse(
  connection: CommonQueryMethods,
  managed: ManagedTable,
  options: MaintainOptions,
): Promise<Maintained> {
  try {
    return await connection.transaction(async (transaction) => {
      throw new RolledBack(await maintain(transaction, managed, options));
    });
  } catch (error) {
    if (error instanceof RolledBack) return error.result;
    throw error;
  }
}

// Slonik rolls a transaction back when its handler throws, and only then.
class RolledBack extends SmithError<"ROLLED_BACK"> {
  readonly result: Maintained;

  constructor(result: Maintained) {
    super("ROLLED_BACK", "rolled back on purpose");
    this.result = result;
  }
}
