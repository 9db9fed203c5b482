import { createHash } from "node:crypto";
import type { JsonValue } from "@mister-smith/schema";

/**
 * A value as PostgreSQL prints it as JSONB, as far as numbers allow: those that JavaScript holds in another way than they
 * were written make another text. So an equal text proves equality; another text proves nothing.
 */
export function canonicalText(value: JsonValue): string {
  if (typeof value === "string") return textOf(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(", ")}]`;
  const entries = Object.entries(value)
    .map(([key, member]) => ({ bytes: Buffer.from(key), text: `${textOf(key)}: ${canonicalText(member)}` }))
    // The order of JSONB: shorter keys first, and byte by byte among those of one length.
    .sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes));
  return `{${entries.map(({ text }) => text).join(", ")}}`;
}

/** As hexadecimal, as the column `checksum` has it. */
export function digestOf(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

// The two escape alike, but for what PostgreSQL leaves as it is.
function textOf(text: string): string {
  return JSON.stringify(text);
}
