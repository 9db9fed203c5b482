import { z } from "zod";

/** A version of a value: it counts from 1. */
export const version = z
  .bigint()
  .min(1n)
  .max(2n ** 63n - 1n);

/** The version that a caller expects: null when the key must not exist; not given when any will do. */
export const expectedVersion = version.nullish();
