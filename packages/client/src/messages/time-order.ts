import type { TimePosition } from "../page/time-position.ts";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";

/** By the time of sending, from either end. */
export type TimeOrder = "newest" | "oldest";

/** The list of an ORDER BY; where times are equal, the identifier decides. */
export function inOrder(order: TimeOrder, time: SqlFragment, id: SqlFragment): SqlFragment {
  return order === "newest" ? sql.fragment`${time} DESC, ${id} DESC` : sql.fragment`${time}, ${id}`;
}

/** The condition that a row comes after a place in the order; true for the start of the list. */
export function afterPosition(
  order: TimeOrder,
  position: TimePosition | null,
  time: SqlFragment,
  id: SqlFragment,
): SqlFragment {
  if (position === null) return sql.fragment`TRUE`;
  const place = sql.fragment`(${position[0]}::TIMESTAMPTZ, ${position[1]}::UUID)`;
  return order === "newest"
    ? sql.fragment`(${time}, ${id}) < ${place}`
    : sql.fragment`(${time}, ${id}) > ${place}`;
}
