import { z } from "zod";
import type { CollectedRow } from "./collector.ts";

/** Parses a row of any collector. */
export const collectedRow: z.ZodType<CollectedRow> = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.bigint(), z.boolean(), z.null()]),
);
