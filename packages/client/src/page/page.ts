import { z } from "zod";

/** Part of a list that may be long. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Give it to the next call for what follows; null at the end. */
  readonly nextCursor: string | null;
}

/** Which part of a list. */
export interface PageOptions {
  /** The most items to return, 1 to 1,000. Default: 100. */
  readonly limit?: number | undefined;
  /** The `nextCursor` of the page before. Default: from the start. */
  readonly cursor?: string | null | undefined;
}

/** The zod schema of {@link PageOptions}. */
export const pageOptions = {
  limit: z.int().min(1).max(1000).default(100),
  cursor: z.string().nullish(),
};
