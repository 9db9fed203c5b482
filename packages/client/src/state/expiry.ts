import { z } from "zod";
import { writtenTime } from "../time/time-input.ts";

/** When a value is gone. Give one of the two, or none for a value that stays. */
export interface Expiry {
  /** How long it lives from now on, by the server's clock, in milliseconds. */
  readonly ttlMs?: number | undefined;
  /** When it is gone; must be later than now by the server's clock, and before the year 10000. Null is the same as not given. */
  readonly expiresAt?: Date | null | undefined;
}

const century = 100 * 366 * 24 * 60 * 60 * 1000;

/** The fields of {@link Expiry} for an input's schema; check the whole with {@link notBoth}. */
export const expiryFields = {
  ttlMs: z.int().min(1).max(century).optional(),
  expiresAt: writtenTime.nullish(),
};

/** Whether an input gives at most one of the two. */
export function notBoth({ ttlMs, expiresAt }: Expiry): boolean {
  return ttlMs === undefined || expiresAt === null || expiresAt === undefined;
}

/** What {@link notBoth} refuses. */
export const bothGiven = { message: "ttlMs and expiresAt are both given; give one" };
