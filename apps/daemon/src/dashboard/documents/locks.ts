import type { Monitor } from "@mister-smith/monitoring";
import { z } from "zod";
import { shownText } from "./shown-text.ts";

/** The document `locks`: who waits for a lock, and for whom. */
export const locksDocument = z.strictObject({
  at: z.iso.datetime(),
  waits: z.array(
    z.strictObject({
      pid: z.int(),
      blockedBy: z.array(z.int()),
      waitedMs: z.number().nullable(),
      waitsFor: z.string().nullable(),
      application: z.string(),
      role: z.string().nullable(),
      state: z.string().nullable(),
      transactionMs: z.number().nullable(),
      statement: z.string().nullable(),
    }),
  ),
  /** How many more there are, which are not told. */
  more: z.int(),
});

/** What the document `locks` says. */
export type LocksDocument = z.output<typeof locksDocument>;

const shownWaits = 100;

/**
 * Makes the document `locks`.
 *
 * @throws what the database throws
 */
export async function locksOf(monitor: Monitor): Promise<LocksDocument> {
  const waits = await monitor.lockWaits();
  return locksDocument.parse({
    at: new Date().toISOString(),
    waits: waits.slice(0, shownWaits).map((one) => ({
      pid: one.pid,
      blockedBy: one.blockedBy,
      waitedMs: one.waitedMs,
      waitsFor: one.waitsFor,
      application: one.application,
      role: one.role,
      state: one.state,
      transactionMs: one.transactionMs,
      statement: one.statement === null ? null : shownText(one.statement),
    })),
    more: Math.max(0, waits.length - shownWaits),
  });
}
