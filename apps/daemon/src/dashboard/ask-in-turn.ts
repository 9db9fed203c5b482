import { type Database, type Queryable, sql } from "@mister-smith/client";
import { SmithError } from "@mister-smith/errors";
import { z } from "zod";

/** Asks the database something for the page. */
export type AskDatabase = <Result>(work: (on: Queryable) => Promise<Result>) => Promise<Result>;

/** How long one question may take, in milliseconds: where connections are few, the flusher has the same ones. */
const questionMs = 1_000;
const lockTimeout = "100ms";

/**
 * Asks for the page, in transactions that only read and hardly wait for a lock; one after the other, so that the page has one
 * connection at most, however many look at it.
 *
 * @throws (when asked) SmithError `STARTING` before there is a database; what the database throws
 */
export function askInTurn(database: () => Pick<Database, "transaction"> | undefined): AskDatabase {
  let before: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = before.then(async () => {
      const open = database();
      if (open === undefined)
        throw new SmithError("STARTING", "smithd has not reached its servers yet", { retryable: true });
      return await open.transaction(
        async (tx) => {
          await tx.query(
            sql.type(z.object({}))`SELECT pg_catalog.set_config('lock_timeout', ${lockTimeout}, TRUE)`,
          );
          return await work(tx);
        },
        { readOnly: true, retries: 0, timeoutMs: questionMs },
      );
    });
    before = result.catch(() => {});
    return result;
  };
}
