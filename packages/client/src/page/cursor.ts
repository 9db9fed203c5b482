import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import type { Page } from "./page.ts";

/** A list's order: what stands in its cursors. `list` keeps the cursor of one list from being used for another. */
export interface CursorKind<Position extends readonly string[]> {
  readonly list: string;
  readonly position: z.ZodType<Position>;
}

/** Where a page begins, or null for the start of the list.
 *
 * @throws ClientError `INVALID_INPUT` when the cursor is not one of this list
 */
export function readCursor<Position extends readonly string[]>(
  { list, position }: CursorKind<Position>,
  cursor: string | null | undefined,
): Position | null {
  if (cursor === null || cursor === undefined) return null;
  const parsed = z.tuple([z.literal(list), position]).safeParse(parseText(cursor));
  if (parsed.success) return parsed.data[1];
  throw new ClientError("INVALID_INPUT", `not a cursor of ${list}: ${JSON.stringify(cursor)}`, {
    hint: "Give the `nextCursor` of the page before, unchanged, or none to start over.",
    details: { cursor },
  });
}

/**
 * The page that rows make.
 *
 * @param rows one more than the page holds, when there are more
 * @param positionOf where a row stands in the order of the list
 * @param itemOf what the caller sees of the row
 */
export function pageOf<Row, Item, Position extends readonly string[]>(
  { list }: CursorKind<Position>,
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => Position,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(itemOf),
    nextCursor: last === undefined ? null : cursorText([list, positionOf(last)]),
  };
}

function cursorText(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

function parseText(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined;
  }
}
