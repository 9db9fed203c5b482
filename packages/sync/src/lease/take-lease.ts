import { type Queryable, type QueryOptions, sql } from "@mister-smith/client";
import { z } from "zod";

const takenRow = z.object({ epoch: z.coerce.number().int() });

/**
 * Takes a role, or keeps it: the database decides by its own clock. Returns the epoch, or undefined while another
 * holder has it.
 */
export async function takeLease(
  on: Queryable,
  { role, holder, ttlMs }: { readonly role: string; readonly holder: string; readonly ttlMs: number },
  options?: QueryOptions,
): Promise<number | undefined> {
  const taken = await on.maybeOne(
    sql.type(takenRow)`
      SELECT l.epoch::TEXT AS epoch
      FROM sync.take_lease(${role}, ${holder}, make_interval(secs => ${ttlMs}::DOUBLE PRECISION / 1000)) AS l
    `,
    options,
  );
  return taken?.epoch;
}

/** Gives a role back, so that another need not wait until it runs out. Nothing happens when another has it by now. */
export async function giveLease(
  on: Queryable,
  { role, holder }: { readonly role: string; readonly holder: string },
  options?: QueryOptions,
): Promise<void> {
  await on.query(sql.type(z.object({}))`SELECT FROM sync.give_lease(${role}, ${holder})`, options);
}
