import type { DatabaseError } from "@mister-smith/errors";

/**
 * Where PostgreSQL says that the trouble of a statement is which a function was given as text: the byte within that text.
 * Null where it does not say.
 */
export function refusedAt(error: DatabaseError, text: string): number | null {
  const { cause } = error;
  if (!(cause instanceof Error)) return null;
  const query: unknown = Reflect.get(cause, "internalQuery");
  const position = Number(Reflect.get(cause, "internalPosition"));
  if (typeof query !== "string" || !(position > 0)) return null;
  const begin = query.lastIndexOf(text);
  if (begin < 0) return null;
  // The server counts characters, where JavaScript counts those beyond the 65,536th twice, and the parser counts bytes.
  const before = [...query].slice(0, position - 1).join("");
  return Buffer.byteLength(before) - Buffer.byteLength(query.slice(0, begin));
}
