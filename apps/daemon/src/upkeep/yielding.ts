import { type Database, sql, type Transaction } from "@mister-smith/client";
import { z } from "zod";

/** How long upkeep waits for a lock at most, in milliseconds. */
const lockTimeoutMs = 200;

/** Where upkeep does its work; see {@link yieldingUpkeep}. */
export interface Upkeep {
  /**
   * Runs a piece of upkeep in a transaction of its own, when those that came before have ended.
   *
   * @throws DatabaseError as the database says, also when it waited for a lock for a fifth of a second; what `work` throws
   */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>, signal: AbortSignal): Promise<Result>;
}

/**
 * Upkeep that yields to what is urgent: where connections are few, the flusher has the same ones. So one piece is done at a
 * time, on one connection, and none waits long for a lock with it: it has failed then, and comes again.
 */
export function yieldingUpkeep(database: Pick<Database, "transaction">): Upkeep {
  let before: Promise<unknown> = Promise.resolve();
  return {
    transaction(work, signal) {
      const result = before.then(() =>
        database.transaction(
          async (tx) => {
            await tx.write.query(
              sql.type(z.object({}))`SELECT set_config('lock_timeout', ${String(lockTimeoutMs)}, TRUE)`,
            );
            return await work(tx);
          },
          { signal, isolation: "read committed" },
        ),
      );
      before = result.catch(() => {});
      return result;
    },
  };
}
