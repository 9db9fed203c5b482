import type { Database, Queryable } from "@mister-smith/client";
import { DatabaseError, SmithError } from "@mister-smith/errors";
import type { Context } from "../context.ts";
import { advisedError } from "../database/advised-error.ts";
import { withDatabase } from "../database/with-database.ts";
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
  const { signal } = context;
  return await withDatabase(context, "look after the partitions", async (database) => {
    const done: (MaintainedTable | FailedTable)[] = [];
    for (const managed of await database.write.any(selectManagedTables, { signal })) {
      signal.throwIfAborted();
      options.onTable(managed.table_name);
      done.push(await maintainOne(database, managed, options, signal));
    }
    return done;
  });
}

async function maintainOne(
  database: Database,
  managed: ManagedTable,
  options: MaintainOptions,
  signal: AbortSignal,
): Promise<MaintainedTable | FailedTable> {
  const table = managed.table_name;
  try {
    const work = options.dryRun ? rehearse : maintain;
    return { table, ...(await work(database, managed, options, signal)) };
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
  { write }: { readonly write: Queryable },
  managed: ManagedTable,
  { retainDays }: MaintainOptions,
  signal: AbortSignal,
): Promise<Maintained> {
  const statement =
    retainDays === undefined ? maintainTable(managed) : maintainTableRetaining(managed, retainDays);
  return await write.one(statement, { signal });
}

async function rehearse(
  database: Database,
  managed: ManagedTable,
  options: MaintainOptions,
  signal: AbortSignal,
): Promise<Maintained> {
  try {
    return await database.transaction(async (transaction) => {
      throw new RolledBack(await maintain(transaction, managed, options, signal));
    });
  } catch (error) {
    if (error instanceof RolledBack) return error.result;
    throw error;
  }
}

// A transaction is rolled back when its work throws, and only then.
class RolledBack extends SmithError<"ROLLED_BACK"> {
  readonly result: Maintained;

  constructor(result: Maintained) {
    super("ROLLED_BACK", "rolled back on purpose");
    this.result = result;
  }
}
