import type { Session } from "./session.ts";

/**
 * What the driver reads and writes values by, whatever is set for the database or the role: times, intervals, all digits
 * of numbers, NULL in arrays. Of DateStyle only how times are written: days and months are read in the order that is set.
 */
export const settingsText = `
  SET DateStyle = 'ISO';
  SET IntervalStyle = 'postgres';
  SET extra_float_digits = 1;
  SET array_nulls = on;
`;

/**
 * Makes a new session read and write values as the driver does; throws when that fails.
 *
 * @param shared with others, by a pooler of transactions: of these settings it keeps only DateStyle apart for each of
 *   its clients
 */
export async function settleSession(
  session: Session,
  { shared }: { readonly shared: boolean },
): Promise<void> {
  if (shared && session.dateStyle.startsWith("ISO")) return;
  const { failure } = await session.script(shared ? "SET DateStyle = 'ISO'" : settingsText);
  if (failure !== undefined) throw failure;
}
